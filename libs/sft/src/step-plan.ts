import { deriveSeed, hash32, seededRng, shuffled, type TokenSequence } from '@coa/core';
import { grouped, type Schedule } from '@coa/model';

/** Passes over the data; everything about their order follows from it. */
export type Passes = { readonly epochs: number; readonly seed: number };

/** A learning-rate schedule whose length follows from the data. */
export type RateSchedule = Pick<Schedule, 'kind' | 'peak' | 'floor'> & {
  /** Part of all steps over which the rate rises from 0, in [0, 1]. */
  readonly warmupShare: number;
};

/** The schedule of a run of so many steps. */
export const scheduleOf = (
  { kind, peak, floor, warmupShare }: RateSchedule,
  steps: number,
): Schedule => {
  if (!(warmupShare >= 0 && warmupShare <= 1))
    throw new RangeError(`warmupShare is ${warmupShare}; it must be in [0, 1]`);
  return { kind, peak, floor, warmup: Math.round(warmupShare * steps), steps };
};

const assertCount = (what: string, value: number): void => {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`${what} is ${value}; it must be a whole number of at least 1`);
};

/** Every epoch's order of 0 to `count` - 1, one after the other. */
const passes = (count: number, { epochs, seed }: Passes): number[] => {
  assertCount('epochs', epochs);
  if (count === 0) throw new RangeError('there is nothing to train on');
  const items = Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: epochs }, (_, epoch) =>
    shuffled(items, seededRng(deriveSeed(seed, 'epoch', epoch))),
  ).flat();
};

/**
 * Which sequences each step trains on: shuffled epochs in a row, cut wherever the next sequence would exceed the token
 * budget. Only the last step may be short.
 * @param lengths tokens of each sequence, the prompt included
 */
export const stepsByTokens = (
  lengths: readonly number[],
  options: Passes & { readonly tokensPerStep: number },
): number[][] => {
  assertCount('tokensPerStep', options.tokensPerStep);
  return grouped(passes(lengths.length, options), (i) => lengths[i]!, options.tokensPerStep);
};

/** Which of `count` items each step trains on, `perStep` at a time; only the last step may be short. */
export const stepsByCount = (
  count: number,
  options: Passes & { readonly perStep: number },
): number[][] => {
  assertCount('perStep', options.perStep);
  return grouped(passes(count, options), () => 1, options.perStep);
};

/** A step's items in parts that are held in memory one at a time: at most `most` tokens each where an item allows it. */
export const microBatches = (
  items: readonly number[],
  tokensOf: (item: number) => number,
  most: number,
): number[][] => {
  assertCount('microBatchTokens', most);
  return grouped(items, tokensOf, most);
};

/** Tells data apart: a hash over ids and masks. */
export const tokensHash = ({ ids, promptMask, observationMask }: TokenSequence): number =>
  hash32([ids, promptMask, observationMask].map((part) => part.join()).join(';'));
