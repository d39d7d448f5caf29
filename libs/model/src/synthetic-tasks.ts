import { type Rng, shuffled } from '@coa/core';
import type { ScoredSequence } from './packing.ts';

/** A made-up task that a working transformer learns in minutes and a broken one never does. */
export type SyntheticTask = {
  readonly name: 'copy' | 'induction';
  /** Tokens that it uses: ids 0 to `vocabulary` - 1. */
  readonly vocabulary: number;
  /** A fresh example of `length` tokens; only what can be known is wanted. */
  readonly example: (length: number, rng: Rng) => ScoredSequence;
};

const separator = 0;
const draw = (vocabulary: number, rng: Rng): number => 1 + Math.floor(rng() * (vocabulary - 1));

/** x1 ... xn, a separator, x1 ... xn again: the second half is wanted. Needs attention by position. */
export const copyTask = (vocabulary: number): SyntheticTask => ({
  name: 'copy',
  vocabulary,
  example: (length, rng) => {
    const half = Math.floor((length - 1) / 2);
    const first = Array.from({ length: half }, () => draw(vocabulary, rng));
    const ids = Int32Array.from([...first, separator, ...first]);
    return { ids, wanted: Uint8Array.from(ids, (_, i) => Number(i > half)) };
  },
});

/**
 * A block of different tokens in random order, over and over; its length is drawn anew for every sequence, so that no fixed distance helps.
 * Wanted: what follows, once the block has come once and one token more says where it begins again. Needs attention by
 * content (induction heads, Olsson et al. 2022).
 */
export const inductionTask = (vocabulary: number): SyntheticTask => ({
  name: 'induction',
  vocabulary,
  example: (length, rng) => {
    const period = 4 + Math.floor(rng() * (length / 2 - 4));
    const block = shuffled(
      Array.from({ length: vocabulary - 1 }, (_, i) => i + 1),
      rng,
    );
    const ids = Int32Array.from({ length }, (_, i) => block[i % period]!);
    return { ids, wanted: Uint8Array.from(ids, (_, i) => Number(i > period + 1)) };
  },
});
