import { type PackedText, sharedSize } from './client/packed.ts';
import { type Block, pack } from './pack.ts';

const shortest = 12;

/** Texts that many trajectories hold, each stored once. */
export type SharedTexts = {
  /** The text's number; of a short text the text itself. */
  share(text: string): PackedText;
  /** Blocks that are full since the last call. */
  full(): Block[];
  /** The block that is not. */
  rest(): Block[];
};

/**
 * Remembers texts of up to `mostCharacters` together. Beyond that it starts anew: an old text that comes again is stored again,
 * and memory stays bounded.
 */
export const sharedTexts = (mostCharacters = 2 ** 26): SharedTexts => {
  let numbers = new Map<string, number>();
  let characters = 0;
  let count = 0;
  let open: string[] = [];
  let ready: Block[] = [];
  const close = (): void => {
    const number = Math.ceil(count / sharedSize) - 1;
    ready.push({ name: `shared-${number}`, packed: pack(open) });
    open = [];
  };
  const add = (text: string): number => {
    if (characters > mostCharacters) {
      numbers = new Map();
      characters = 0;
    }
    numbers.set(text, count);
    characters += text.length;
    open.push(text);
    count += 1;
    if (open.length === sharedSize) close();
    return count - 1;
  };
  const taken = (): Block[] => {
    const blocks = ready;
    ready = [];
    return blocks;
  };
  return {
    share: (text) => (text.length < shortest ? text : (numbers.get(text) ?? add(text))),
    full: taken,
    rest: () => {
      if (open.length > 0) close();
      return taken();
    },
  };
};
