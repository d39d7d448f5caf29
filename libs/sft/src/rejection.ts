import type { Rollout, Trajectory } from '@coa/core';
import { exactMatch } from '@coa/metrics';
import type { ExampleKind } from './examples.ts';

/**
 * Why a trajectory is not taught. no-tokens: the engine exposed none. forced-answer: it did not answer by itself.
 * searched: a CoT called the tool, or tried to. no-search: a CoA did not. tool-failed: an observation holds a failure.
 */
export type Rejection =
  | 'no-tokens'
  | 'malformed'
  | 'searched'
  | 'forced-answer'
  | 'no-search'
  | 'tool-failed'
  | 'too-long'
  | 'wrong-answer';

export const noneRejected: Readonly<Record<Rejection, number>> = {
  'no-tokens': 0,
  malformed: 0,
  searched: 0,
  'forced-answer': 0,
  'no-search': 0,
  'tool-failed': 0,
  'too-long': 0,
  'wrong-answer': 0,
};

/** What an example has to be. */
export type Standard = {
  readonly kind: ExampleKind;
  /** Whether the answer is good enough to teach, e.g. `isRight`. */
  readonly keep: (trajectory: Trajectory) => boolean;
  /** Most tokens of an example. */
  readonly maxTokens: number;
};

/** Exact match by the question set's rule. */
export const isRight = (trajectory: Trajectory): boolean => exactMatch.score(trajectory) === 1;

const conductRejection = (kind: ExampleKind, { steps, stop }: Trajectory): Rejection | null => {
  const searched = steps.some((step) => step.kind === 'action');
  if (stop === 'malformed') return 'malformed';
  if (kind === 'cot' && (searched || stop === 'horizon')) return 'searched';
  if (stop !== 'answered') return 'forced-answer';
  return kind === 'coa' && !searched ? 'no-search' : null;
};

/** Why a rollout is no example; null where it is one. The first reason in the order of `Rejection` counts. */
export const rejectionOf = (
  { trajectory, tokens }: Rollout,
  { kind, keep, maxTokens }: Standard,
): Rejection | null => {
  if (tokens === null) return 'no-tokens';
  const conduct = conductRejection(kind, trajectory);
  if (conduct !== null) return conduct;
  if (trajectory.steps.some((step) => step.kind === 'observation' && step.failure !== null))
    return 'tool-failed';
  if (tokens.ids.length > maxTokens) return 'too-long';
  return keep(trajectory) ? null : 'wrong-answer';
};
