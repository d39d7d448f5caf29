import type { Difference } from './differences.ts';

/**
 * pass: the whole interval says that no more than `maxDrop` was lost. drop: the whole interval says that more was lost.
 * undecided: it holds both; more questions would tell.
 */
export type GateVerdict = 'pass' | 'drop' | 'undecided';

export type GateRow = { readonly row: Difference; readonly verdict: GateVerdict };

/** Whether b lost more than `maxDrop` (in the metric's unit) against a, decided on the interval. */
export const gateVerdict = (
  { low, high }: Pick<Difference, 'low' | 'high'>,
  maxDrop: number,
): GateVerdict => {
  if (low >= -maxDrop) return 'pass';
  return high < -maxDrop ? 'drop' : 'undecided';
};

/** The verdict of several rows together: one drop is a drop, else one undecided leaves it undecided. */
export const worstVerdict = (verdicts: readonly GateVerdict[]): GateVerdict => {
  if (verdicts.length === 0) throw new RangeError('a gate without a comparison decides nothing');
  if (verdicts.includes('drop')) return 'drop';
  return verdicts.includes('undecided') ? 'undecided' : 'pass';
};
