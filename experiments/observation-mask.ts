import { atlasSetNames } from '@coa/atlas';
import {
  atlasModel,
  atlasRecipe,
  atlasSearch,
  defineExperiment,
  sft2,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

/** Observation tokens counted in the loss with so much of a policy token's weight. */
const learning = (observationWeight: number) => ({
  ...sft2,
  config: { ...sft2.config, maskObservations: false, observationWeight },
});

export const observationMask = defineExperiment({
  name: 'observation-mask',
  claim:
    'Masking observations in SFT stage 2 teaches acting better than learning them along with it.',
  arms: {
    masked: trainedArm(atlasRecipe(sft2)),
    'weight 0.1': trainedArm(atlasRecipe(learning(0.1))),
    'weight 1': trainedArm(atlasRecipe(learning(1))),
  },
  baseline: 'masked',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
