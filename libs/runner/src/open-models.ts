import type { Policy } from '@coa/core';
import { openRetriever, searchEnvironment } from './environments.ts';
import type { Experiment } from './experiment.ts';
import { openTrainedModel } from './open-trained-model.ts';
import type { Segment } from './plan.ts';
import type { RunServices } from './run-experiment.ts';
import { type TrainingServices, trainRecipe } from './training/train-recipe.ts';

const trainingServices = (services: RunServices): TrainingServices => {
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
    onStep: () => undefined,
  };
};

/** Opens the model of each segment when its turn comes, trains it where it must be, and holds one trained model at a time. */
export const openModels = (experiment: Experiment, base: Policy, services: RunServices) => {
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
    const model = await trainRecipe(recipe!, seed, trainingServices(services));
    if (model === null) return null;
    held.policy = await openTrainedModel(model.folder, {
      contextTokens: options.contextTokens,
      concurrency: services.concurrency ?? null,
      compute: services.compute ?? {},
    });
    return held.policy;
  };
  return { of, close };
};
