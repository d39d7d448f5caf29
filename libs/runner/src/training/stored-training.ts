import type { ComputeOptions } from '@coa/compute';
import type { Rollout } from '@coa/core';
import type { Store } from '@coa/store';
import { openRetriever, searchEnvironment } from '../environments.ts';
import { openModel } from '../open-model.ts';
import type { TrainingServices } from './train-recipe.ts';
import type { StageReport } from './train-stage.ts';

/** Observations of a rollout that a model of the world wrote. */
const simulatedCalls = ({ trajectory }: Rollout, { numbers }: StageReport): number =>
  (numbers.simulatedCalls ?? 0) > 0
    ? trajectory.steps.filter(({ kind }) => kind === 'observation').length
    : 0;

const storedRollouts = (report: StageReport) =>
  report.rollouts.map(({ rollout, group, reward, advantage }) => ({
    rollout,
    group,
    reward,
    advantage,
    simulatedCalls: simulatedCalls(rollout, report),
  }));

/** What a training is given so that each of its steps lands in the store. */
export const storedTraining = (
  {
    places,
    stopping,
    say,
    onProgress,
    compute = {},
    apiKey,
  }: Pick<TrainingServices, 'places' | 'stopping' | 'say' | 'onProgress'> & {
    readonly compute?: ComputeOptions;
    /** For a served teacher. */
    readonly apiKey?: string;
  },
  store: Store,
): TrainingServices => {
  const corpus = { places, stopping, onProgress };
  return {
    places,
    compute,
    environmentFor: async (policy, { search, limits }) =>
      searchEnvironment(await openRetriever('atlas', corpus), policy, { ...search, ...limits }),
    openTeacher: ({ model, contextTokens }) =>
      openModel(model, {
        ...places,
        contextTokens,
        concurrency: null,
        apiKey: apiKey ?? null,
        compute,
        signal: stopping,
        say,
        onProgress: (done, total) => onProgress('teacher', done, total),
      }),
    stopping,
    now: () => performance.now(),
    say,
    onProgress,
    onStage: (place, recipe) => store.startTraining({ ...place, recipe }),
    stepsBefore: ({ key }) => store.readTrainingSteps(key),
    onStep: ({ key }, report) =>
      store.appendTrainingStep(key, { ...report, rollouts: storedRollouts(report) }),
  };
};
