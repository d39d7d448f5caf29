import { atlasSetNames } from '@coa/atlas';
import {
  armsOf,
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
    ...armsOf({ alpha: [0, 0.2, 1] }, ({ alpha }) =>
      trainedArm(atlasRecipe(contrast(alpha), sft2)),
    ),
  },
  baseline: 'alpha 0.2',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
