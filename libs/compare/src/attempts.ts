import type { RunRecord, StopReason } from '@coa/core';
import { predictionOf } from '@coa/metrics';

/** What a comparison needs of one record: no trajectory is kept. */
export type Attempt = {
  /** Its place among the records of its side, from 0. */
  readonly number: number;
  readonly dataset: string;
  readonly question: string;
  readonly text: string;
  readonly golds: readonly string[];
  readonly repeat: number;
  /** The metric's value; null for an error, and where it is not defined. */
  readonly value: number | null;
  readonly outcome: AttemptOutcome;
};

export type AttemptOutcome =
  | {
      readonly kind: 'rollout';
      readonly prediction: string | null;
      readonly stop: StopReason;
      readonly actions: number;
      readonly promptTokens: number;
      readonly completionTokens: number;
      readonly requests: number;
      readonly failedCalls: number;
      readonly seconds: number;
    }
  | { readonly kind: 'error'; readonly message: string };

const outcomeOf = ({ outcome, seconds }: RunRecord): AttemptOutcome => {
  if (outcome.kind === 'error') return { kind: 'error', message: outcome.message };
  const { trajectory, usage } = outcome.rollout;
  const { steps, stop } = trajectory;
  return {
    kind: 'rollout',
    prediction: predictionOf(trajectory),
    stop,
    actions: steps.filter(({ kind }) => kind === 'action').length,
    ...usage,
    failedCalls: steps.filter((step) => step.kind === 'observation' && step.failure !== null)
      .length,
    seconds,
  };
};

/** The same question, asked for the same time. */
export const attemptKey = ({
  dataset,
  question,
  repeat,
}: Pick<Attempt, 'dataset' | 'question' | 'repeat'>): string =>
  JSON.stringify([dataset, question, repeat]);

/** One record by the metric `metric`; `number`: its place among those of its side. */
export const attemptOf = (record: RunRecord, metric: string, number: number): Attempt => {
  const { outcome, metrics, repeat } = record;
  const asked = outcome.kind === 'error' ? outcome.question : outcome.rollout.trajectory.question;
  const { dataset, id, text, golds } = asked;
  const value = outcome.kind === 'error' ? null : (metrics[metric] ?? null);
  const question = id;
  return { number, dataset, question, text, golds, repeat, value, outcome: outcomeOf(record) };
};

/** Records in, one attempt each out, by the metric `metric`. */
export const attemptsOf = (records: Iterable<RunRecord>, metric: string): Attempt[] => {
  const attempts: Attempt[] = [];
  for (const record of records) attempts.push(attemptOf(record, metric, attempts.length));
  return attempts;
};
