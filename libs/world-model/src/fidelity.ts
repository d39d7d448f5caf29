import type { Evidence, Question, Step } from '@coa/core';

/** The real and the simulated answer to the same action in the same context. */
export type FidelityPair = {
  readonly question: Question;
  /** The trajectory before the action. */
  readonly before: readonly Step[];
  readonly real: string;
  readonly simulated: string;
};

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Token F1 over words, letters and digits only, case aside; 1 where both are empty. */
export const wordF1 = (a: string, b: string): number => {
  const [ones, others] = [wordsOf(a), wordsOf(b)];
  if (ones.length + others.length === 0) return 1;
  const left = new Map<string, number>();
  for (const word of ones) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of others) {
    const count = left.get(word) ?? 0;
    if (count > 0) shared += 1;
    left.set(word, count - 1);
  }
  return (2 * shared) / (ones.length + others.length);
};

/** Whether the words of `phrase` stand in `text` in a row. */
export const mentions = (text: string, phrase: string): boolean => {
  const words = wordsOf(phrase);
  return words.length > 0 && ` ${wordsOf(text).join(' ')} `.includes(` ${words.join(' ')} `);
};

/** The accepted answers that a passage can hold: a yes or no is concluded from passages, and stands in many by chance. */
export const namedGolds = ({ golds }: Question): string[] =>
  golds.filter((gold) => !/^\s*(yes|no)\s*$/i.test(gold));

/** Of two texts that say the same thing, which does. */
export type Presence = 'both' | 'real only' | 'simulated only' | 'neither';

const presenceOf = (inReal: boolean, inSimulated: boolean): Presence => {
  if (inReal) return inSimulated ? 'both' : 'real only';
  return inSimulated ? 'simulated only' : 'neither';
};

/** The fact that a trajectory needs next: the first one whose object stands in no observation yet; null where all do. */
export const nextHop = ({ evidence = [] }: Question, before: readonly Step[]): Evidence | null => {
  const seen = before.map((step) => (step.kind === 'observation' ? step.text : '')).join('\n');
  return evidence.find(({ object }) => !mentions(seen, object)) ?? null;
};

/** What one pair says. */
export type PairFidelity = {
  readonly f1: number;
  /** null where the answer is a yes or no, which no passage holds. */
  readonly gold: Presence | null;
  /** null where nothing more is needed, or no reasoning graph is known. */
  readonly nextEntity: Presence | null;
};

export const pairFidelity = ({ question, before, real, simulated }: FidelityPair): PairFidelity => {
  const hop = nextHop(question, before);
  const golds = namedGolds(question);
  const has = (text: string) => golds.some((gold) => mentions(text, gold));
  return {
    f1: wordF1(real, simulated),
    gold: golds.length === 0 ? null : presenceOf(has(real), has(simulated)),
    nextEntity: hop && presenceOf(mentions(real, hop.object), mentions(simulated, hop.object)),
  };
};
