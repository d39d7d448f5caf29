import { atlasSetNames } from '@coa/atlas';
import {
  atlasModel,
  atlasRecipe,
  atlasSearch,
  defineExperiment,
  sft1,
  sft2,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

/** The weight of the auxiliary term -P(chosen), without which both log-probabilities may fall together. */
const contrast = (alpha: number) => ({ ...sft1, config: { ...sft1.config, alpha } });

export const contrastAlpha = defineExperiment({
  name: 'contrast-alpha',
  claim:
    'The auxiliary term of SFT stage 1 keeps contrast from collapsing, and 0.2 of it is enough.',
  arms: {
    'no stage 1': trainedArm(atlasRecipe(sft2)),
    'alpha 0': trainedArm(atlasRecipe(contrast(0), sft2)),
    'alpha 0.2': trainedArm(atlasRecipe(contrast(0.2), sft2)),
    'alpha 1': trainedArm(atlasRecipe(contrast(1), sft2)),
  },
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
