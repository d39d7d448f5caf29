import { seededRng } from '@coa/core';
import { llamaConfig, type ModelConfig } from './config.ts';
import type { ScoredSequence } from './packing.ts';

/** A network small enough for finite differences, with odd sizes. */
export const tinyConfig = (changes: Partial<ModelConfig> = {}): ModelConfig =>
  llamaConfig({
    vocabulary: 29,
    width: 18,
    layers: 2,
    heads: 3,
    kvHeads: 1,
    headDim: 6,
    ffn: 22,
    positions: 64,
    ...changes,
  });

export const randomIds = (count: number, vocabulary: number, seed: number): Int32Array => {
  const rng = seededRng(seed);
  return Int32Array.from({ length: count }, () => Math.floor(rng() * vocabulary));
};

/** Sequences of the given lengths, every token wanted. */
export const randomSequences = (
  lengths: readonly number[],
  vocabulary: number,
  seed = 1,
): ScoredSequence[] =>
  lengths.map((length, i) => ({
    ids: randomIds(length, vocabulary, seed * 1000 + i),
    wanted: new Uint8Array(length).fill(1),
  }));

export const greatestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} values`);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
};
