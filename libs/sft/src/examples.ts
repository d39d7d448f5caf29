import type { Question, TokenSequence, Trajectory } from '@coa/core';

/** cot: answered with no tool; coa: answered with the tool (paper, "SFT data"). */
export type ExampleKind = 'cot' | 'coa';

/** A trajectory to imitate, in the student's tokens. */
export type SftExample = {
  readonly kind: ExampleKind;
  readonly question: Question;
  readonly tokens: TokenSequence;
  readonly trajectory: Trajectory;
};

/** Numbers of examples by kind. */
export type ExampleCounts = Readonly<Record<ExampleKind, number>>;

/**
 * Tokens with the end-of-turn token behind them, to be learnt like what the policy wrote. A rollout drops it, and a
 * policy that never learns it does not stop after its answer.
 */
export const withEndOfTurn = (tokens: TokenSequence, end: Int32Array): TokenSequence => ({
  ids: Int32Array.of(...tokens.ids, ...end),
  promptMask: Uint8Array.of(...tokens.promptMask, ...end.map(() => 0)),
  observationMask: Uint8Array.of(...tokens.observationMask, ...end.map(() => 0)),
  logprobs: Float32Array.from([...tokens.logprobs, ...Array.from(end, () => Number.NaN)]),
});
