import { deriveSeed, type Question } from '@coa/core';
import type { Experiment } from './experiment.ts';

/** One rollout to be made; the key of its record. */
export type PlannedRollout = {
  readonly arm: string;
  readonly question: Question;
  readonly repeat: number;
  readonly seed: number;
};

/** Rollouts that one model makes. */
export type Segment = {
  /** The arm and repeat whose trained model it is; null: the experiment's model. */
  readonly trained: { readonly arm: string; readonly repeat: number } | null;
  readonly plan: readonly PlannedRollout[];
};

/** The plan cut by model: first what the experiment's model does, then arm by arm and repeat by repeat. */
export const segmentsOf = (
  { arms, repeats }: Experiment,
  plan: readonly PlannedRollout[],
): Segment[] => {
  const untrained = plan.filter(({ arm }) => !arms[arm]!.recipe);
  const trained = Object.keys(arms)
    .filter((arm) => arms[arm]!.recipe)
    .flatMap((arm) => Array.from({ length: repeats }, (_, repeat) => ({ arm, repeat })))
    .map((one) => ({
      trained: one,
      plan: plan.filter(({ arm, repeat }) => arm === one.arm && repeat === one.repeat),
    }));
  return [{ trained: null, plan: untrained }, ...trained].filter((s) => s.plan.length > 0);
};

/**
 * Every rollout of a run, set by set and arm by arm (neighbours share their prompt's beginning, which engines
 * keep). Seeds depend on (root seed, set, question, repeat) alone, so arms meet the same randomness and order
 * changes nothing.
 */
export const planRollouts = (
  experiment: Experiment,
  questionSets: readonly (readonly Question[])[],
): PlannedRollout[] =>
  questionSets.flatMap((questions) =>
    Object.keys(experiment.arms).flatMap((arm) =>
      questions.flatMap((question) =>
        Array.from({ length: experiment.repeats }, (_, repeat) => ({
          arm,
          question,
          repeat,
          seed: deriveSeed(experiment.seed, question.dataset, question.id, repeat),
        })),
      ),
    ),
  );
