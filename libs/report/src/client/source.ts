import {
  chunkSize,
  type PackedPieces,
  type PackedText,
  type PackedView,
  sharedSize,
} from './packed.ts';
import type { ReportIndex, TrajectoryView } from './payload.ts';
import { unpack } from './unpack.ts';
import { sharedIn, unpackView } from './unpack-view.ts';

/** Where a page's trajectories come from: the report's own blocks, or a server. */
export type Source = {
  /** The list of all trajectories. */
  index(): Promise<ReportIndex>;
  /** Trajectory `number` of the index; undefined where there is none. */
  view(number: number): Promise<TrajectoryView | undefined>;
};

/** A packed block by its name; null where there is none. */
export type ReadBlock = (name: string) => Promise<string | null>;

const noPieces: PackedPieces = { texts: [], ids: [] };

/** An index of nothing. */
export const emptyIndex: ReportIndex = {
  sets: [],
  arms: [],
  questions: { set: [], id: [], text: [], known: [] },
  said: [],
  entries: {
    question: [],
    arm: [],
    repeat: [],
    exactMatch: [],
    tokenF1: [],
    ending: [],
    actions: [],
    said: [],
  },
};

/** The blocks that stand in the page itself, in scripts that never run. */
export const inlineBlock: ReadBlock = async (name) =>
  document.querySelector(`script[type="text/plain"][data-block="${name}"]`)?.textContent ?? null;

/** Decoded blocks kept at a time: those of a few trajectories. */
const keptBlocks = 128;

/** Reads and decodes blocks, the last few once. */
const decodedBlocks = (read: ReadBlock) => {
  const kept = new Map<string, Promise<unknown>>();
  const decoded = async (name: string): Promise<unknown> => {
    const packed = await read(name);
    return packed === null ? null : unpack<unknown>(packed);
  };
  return <T>(name: string): Promise<T | null> => {
    const block = kept.get(name) ?? decoded(name);
    kept.delete(name);
    kept.set(name, block);
    if (kept.size > keptBlocks) kept.delete(kept.keys().next().value!);
    // what failed is asked for again the next time
    block.catch(() => kept.delete(name));
    return block as Promise<T | null>;
  };
};

/** Trajectories out of the blocks that `packRecords` made, each read and decoded when it is needed. */
export const packedSource = (read: ReadBlock): Source => {
  const block = decodedBlocks(read);
  const sharedTexts = async (numbers: readonly number[]): Promise<Map<number, string>> => {
    const found = numbers.map(async (number) => {
      const texts = await block<string[]>(`shared-${Math.floor(number / sharedSize)}`);
      return [number, texts?.[number % sharedSize] ?? ''] as const;
    });
    return new Map(await Promise.all(found));
  };
  const view = async (number: number): Promise<TrajectoryView | undefined> => {
    const chunk = await block<PackedView[]>(`chunk-${Math.floor(number / chunkSize)}`);
    const packed = chunk?.[number % chunkSize];
    if (!packed) return undefined;
    const texts = await sharedTexts(sharedIn(packed));
    const textOf = (text: PackedText): string =>
      typeof text === 'string' ? text : (texts.get(text) ?? '');
    return unpackView(packed, textOf, (await block<PackedPieces>('pieces')) ?? noPieces);
  };
  return { index: async () => (await block<ReportIndex>('index')) ?? emptyIndex, view };
};
