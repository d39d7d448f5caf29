import {
  type Environment,
  type Manifest,
  type Outcome,
  type Policy,
  protocols,
  type RunRecord,
  type Trajectory,
} from '@coa/core';
import { scoreTrajectory } from '@coa/metrics';
import { rollout } from '@coa/rollout';
import { recordKey, type Store } from '@coa/store';
import type { Experiment } from './experiment.ts';
import type { PlannedRollout, Segment } from './plan.ts';

/** Further metric values that need a model, e.g. a judge's verdict. */
export type Judge = (trajectory: Trajectory) => Promise<Readonly<Record<string, number | null>>>;

export type RunParts = {
  readonly experiment: Experiment;
  readonly manifest: Manifest;
  readonly segments: readonly Segment[];
  /** The policy of a segment, trained where it must be; null where that was stopped. Closed by whoever opened it. */
  readonly policyOf: (segment: Segment) => Promise<Policy | null>;
  /** The environment of an arm on a question set. */
  readonly environmentOf: (arm: string, dataset: string) => Environment;
  readonly store: Store;
  readonly judge: Judge | null;
  /** null: as many as the policy serves. */
  readonly concurrency: number | null;
  /** Tries per rollout before its error is recorded. */
  readonly attempts: number;
  /** Milliseconds since any origin. */
  readonly now: () => number;
  /** Finish what is in flight, start nothing more. */
  readonly stopping: AbortSignal;
  /** Drop what is in flight too. */
  readonly abort: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
};

export type RunSummary = {
  readonly total: number;
  /** Stored before this call. */
  readonly resumed: number;
  readonly made: number;
  readonly errors: number;
  /** Every planned rollout has a record. */
  readonly complete: boolean;
};

/** Makes every planned rollout that the store lacks, a bounded number at once, one stored transaction each. */
export const runPlan = async (parts: RunParts): Promise<RunSummary> => {
  const { segments, store, manifest, stopping, abort, onProgress } = parts;
  const stored = store.completedKeys(manifest.runId);
  const total = segments.reduce((sum, { plan }) => sum + plan.length, 0);
  const isOpen = (planned: PlannedRollout): boolean => !stored.has(keyOf(planned));
  const resumed = total - segments.flatMap(({ plan }) => plan.filter(isOpen)).length;
  const counts = { made: 0, errors: 0 };
  const inARow = { errors: 0 };
  onProgress(resumed, total);
  const work = async (planned: PlannedRollout, policy: Policy): Promise<void> => {
    const record = await makeRecord(planned, policy, parts);
    if (abort.aborted) return;
    store.appendRecord(record);
    counts.made += 1;
    onProgress(resumed + counts.made, total);
    if (record.outcome.kind === 'rollout') {
      inARow.errors = 0;
      return;
    }
    counts.errors += 1;
    inARow.errors += 1;
    if (inARow.errors >= mostErrorsInARow) throw givenUp(record.outcome.message);
  };
  for (const segment of segments) {
    const open = segment.plan.filter(isOpen);
    if (open.length === 0 || stopping.aborted) continue;
    const policy = await parts.policyOf(segment);
    if (policy === null) break;
    const size = parts.concurrency ?? policy.concurrency;
    await inPool(open, (planned) => work(planned, policy), { size, stopping });
  }
  const complete = resumed + counts.made === total;
  return { total, resumed, ...counts, complete };
};

/** Errors without a rollout between them after which a run is given up: the engine is down, not unlucky. */
const mostErrorsInARow = 10;

const givenUp = (message: string): Error =>
  new Error(
    `${mostErrorsInARow} rollouts in a row failed, the last with: ${message}\nWhat was made is stored; mend the cause, and the same command goes on.`,
  );

/**
 * Works through the items in order, at most `size` at once. Stopping or a failure lets what is in flight end and
 * starts nothing more; the first failure is thrown.
 */
export const inPool = async <T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  { size, stopping }: { readonly size: number; readonly stopping: AbortSignal },
): Promise<void> => {
  const failures: unknown[] = [];
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (stopping.aborted || failures.length > 0) return;
      await work(item).catch((cause: unknown) => failures.push(cause));
    }
  };
  await Promise.all(Array.from({ length: size }, worker));
  if (failures.length > 0) throw failures[0];
};

const keyOf = ({ arm, question, repeat }: PlannedRollout): string =>
  recordKey({ arm, dataset: question.dataset, questionId: question.id, repeat });

const makeRecord = async (
  planned: PlannedRollout,
  policy: Policy,
  parts: RunParts,
): Promise<RunRecord> => {
  const { arm, repeat, seed } = planned;
  const startedAt = parts.now();
  const outcome = await attemptRollout(planned, policy, parts);
  const metrics = outcome.kind === 'rollout' ? await scores(outcome, parts) : {};
  const seconds = (parts.now() - startedAt) / 1000;
  return { runId: parts.manifest.runId, arm, repeat, seed, outcome, metrics, seconds };
};

const scores = async (outcome: Outcome & { kind: 'rollout' }, { experiment, judge }: RunParts) => {
  const { trajectory } = outcome.rollout;
  const judged = judge ? await judge(trajectory) : {};
  return { ...scoreTrajectory(trajectory, experiment.metrics), ...judged };
};

/** Engine failures are tried again; what is left after that is recorded as an error, never as a wrong answer. */
const attemptRollout = async (
  planned: PlannedRollout,
  policy: Policy,
  parts: RunParts,
): Promise<Outcome> => {
  const { arm, question, seed } = planned;
  const settings = parts.experiment.arms[arm]!;
  const setting = {
    policy,
    environment: parts.environmentOf(arm, question.dataset),
    protocol: protocols[settings.protocol](settings),
    options: settings.options,
    signal: parts.abort,
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return { kind: 'rollout', rollout: await rollout(setting, { question, seed }) };
    } catch (cause) {
      // a context that does not fit will not fit the next time either
      const final = cause instanceof RangeError || attempt >= parts.attempts;
      if (final || parts.abort.aborted) {
        const message = cause instanceof Error ? cause.message : String(cause);
        return { kind: 'error', question, message, attempts: attempt };
      }
    }
  }
};
