import type { Segment, TokenSequence } from '@coa/core';

const segmentMask = (segments: readonly Segment[], source: Segment['source']): number[] =>
  segments.flatMap((segment) =>
    Array.from<number>({ length: segment.ids?.length ?? 0 }).fill(
      Number(segment.source === source),
    ),
  );

const segmentLogprobs = ({ ids, logprobs }: Segment): number[] =>
  logprobs === null
    ? Array.from<number>({ length: ids?.length ?? 0 }).fill(Number.NaN)
    : [...logprobs];

/**
 * 1 = the token enters a loss: sampled or taught, not prompt, not forced, and no observation where
 * `maskObservations`. The only place where a loss mask is made.
 */
export const lossMask = (
  { promptMask, observationMask }: TokenSequence,
  { maskObservations }: { readonly maskObservations: boolean },
): Uint8Array =>
  promptMask.map((given, i) =>
    Number(given === 0 && !(maskObservations && observationMask[i] === 1)),
  );

/**
 * The token view of a rollout, built from the spans as they were encoded or sampled (L = prompt + segments).
 * null where the engine exposed no ids for the prompt or for any segment.
 */
export const tokenSequence = (
  promptIds: Int32Array | null,
  segments: readonly Segment[],
): TokenSequence | null => {
  if (promptIds === null || segments.some(({ ids }) => ids === null)) return null;
  const given = Array.from<number>({ length: promptIds.length });
  return {
    ids: Int32Array.from([...promptIds, ...segments.flatMap(({ ids }) => [...(ids ?? [])])]),
    promptMask: Uint8Array.from([...given.fill(1), ...segmentMask(segments, 'forced')]),
    observationMask: Uint8Array.from([...given.fill(0), ...segmentMask(segments, 'observation')]),
    logprobs: Float32Array.from([...given.fill(Number.NaN), ...segments.flatMap(segmentLogprobs)]),
  };
};
