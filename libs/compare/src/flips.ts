import { type Attempt, attemptKey } from './attempts.ts';

/** Who got it right. */
export type FlipKind = 'both' | 'onlyA' | 'onlyB' | 'neither';

export const flipKinds: readonly FlipKind[] = ['both', 'onlyA', 'onlyB', 'neither'];

/** One question, asked of both for the same time. */
export type Flip = { readonly kind: FlipKind; readonly a: Attempt; readonly b: Attempt };

const kindOf = (a: number, b: number): FlipKind => {
  if (a === 1) return b === 1 ? 'both' : 'onlyA';
  return b === 1 ? 'onlyB' : 'neither';
};

/** Every attempt that both sides have a value for, in a's order. A value of 1 is right; less is not. */
export const flipsOf = (a: readonly Attempt[], b: readonly Attempt[]): Flip[] => {
  const others = new Map(b.map((attempt) => [attemptKey(attempt), attempt]));
  return a.flatMap((one): Flip[] => {
    const other = others.get(attemptKey(one));
    if (!other || one.value === null || other.value === null) return [];
    return [{ kind: kindOf(one.value, other.value), a: one, b: other }];
  });
};

/** How many of each kind, e.g. of one set. */
export const countFlips = (flips: readonly Flip[]): Readonly<Record<FlipKind, number>> => {
  const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  for (const { kind } of flips) counts[kind] += 1;
  return counts;
};
