import type { Policy } from '@coa/core';
import type { Store } from '@coa/store';
import type { Experiment } from './experiment.ts';
import { openTrainedModel } from './open-trained-model.ts';
import type { Segment } from './plan.ts';
import type { RunServices } from './run-experiment.ts';
import { storedTraining } from './training/stored-training.ts';
import { trainRecipe } from './training/train-recipe.ts';

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
    const model = await trainRecipe(recipe!, seed, storedTraining(services, store));
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
