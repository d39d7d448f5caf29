import type { Policy, Rollout } from '@coa/core';
import type { Store } from '@coa/store';
import { openRetriever, searchEnvironment } from './environments.ts';
import type { Experiment } from './experiment.ts';
import { openTrainedModel } from './open-trained-model.ts';
import type { Segment } from './plan.ts';
import type { RunServices } from './run-experiment.ts';
import { type TrainingServices, trainRecipe } from './training/train-recipe.ts';
import type { StageReport } from './training/train-stage.ts';

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

const trainingServices = (services: RunServices, store: Store): TrainingServices => {
  const { places, stopping, say, onProgress, compute = {} } = services;
  const corpus = { places, stopping, onProgress };
  return {
    places,
    compute,
    environmentFor: async (policy, { search, limits }) =>
      searchEnvironment(await openRetriever('atlas', corpus), policy, { ...search, ...limits }),
    stopping,
    now: () => performance.now(),
    say,
    onProgress,
    onStage: (place, recipe) => store.startTraining({ ...place, recipe }),
    onStep: ({ key }, report) =>
      store.appendTrainingStep(key, { ...report, rollouts: storedRollouts(report) }),
  };
};

/** Opens the model of each segment when its turn comes, trains it where it must be, and holds one trained model at a time. */
export const openModels = (
  experiment: Experiment,
  { base, runId, store }: { readonly base: Policy; readonly runId: string; readonly store: Store },
  services: RunServices,
) => {
  const held: { policy: Policy | null } = { policy: null };
  const close = async (): Promise<void> => {
    await held.policy?.close();
    held.policy = null;
  };
  const of = async ({ trained }: Segment): Promise<Policy | null> => {
    await close();
    if (trained === null || services.policy) return base;
    const { recipe, options } = experiment.arms[trained.arm]!;
    const seed = experiment.seed + trained.repeat;
    const model = await trainRecipe(recipe!, seed, trainingServices(services, store));
    if (model === null) return null;
    store.linkTrainings(runId, trained.arm, trained.repeat, model.keys);
    held.policy = await openTrainedModel(model.folder, {
      contextTokens: options.contextTokens,
      concurrency: services.concurrency ?? null,
      compute: services.compute ?? {},
    });
    return held.policy;
  };
  return { of, close };
};
