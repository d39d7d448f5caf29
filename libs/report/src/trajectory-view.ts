import type { RunRecord } from '@coa/core';
import { predictionOf } from '@coa/metrics';
import type { NoTokens, TrajectoryView } from './client/payload.ts';

const noTokens: NoTokens = { kind: 'none', reason: 'The engine told no token ids.' };

const endedOf = ({ outcome }: RunRecord): TrajectoryView['ended'] => {
  if (outcome.kind === 'error') {
    return { kind: 'error', message: outcome.message, attempts: outcome.attempts };
  }
  const { trajectory, usage } = outcome.rollout;
  const { protocol, stop, steps } = trajectory;
  const prediction = predictionOf(trajectory);
  return { kind: 'rollout', protocol, stop, steps, usage, prediction, tokens: noTokens };
};

/** What a page shows of a record, as plain JSON. */
export const trajectoryView = (record: RunRecord): TrajectoryView => {
  const { outcome, arm, repeat, seed, seconds, metrics } = record;
  const question =
    outcome.kind === 'error' ? outcome.question : outcome.rollout.trajectory.question;
  return { question, arm, repeat, seed, seconds, metrics, ended: endedOf(record) };
};
