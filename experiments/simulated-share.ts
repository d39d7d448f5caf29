import { atlasSetNames } from '@coa/atlas';
import {
  atlasModel,
  atlasRecipe,
  atlasRl,
  atlasSearch,
  defineExperiment,
  sft1,
  sft2,
  sft3,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

const batches = 48;

/** So many of all batches are simulated, and come first. */
const simulated = (share: number) => {
  const first = Math.round(share * batches);
  return atlasRl('RL', { simulated: first, real: batches - first });
};

export const simulatedShare = defineExperiment({
  name: 'simulated-share',
  claim: 'How much of RL may take place in the simulated environment before accuracy suffers.',
  arms: {
    '0': trainedArm(atlasRecipe(sft1, sft2, sft3, simulated(0))),
    '1/2': trainedArm(atlasRecipe(sft1, sft2, sft3, simulated(1 / 2))),
    '5/6': trainedArm(atlasRecipe(sft1, sft2, sft3, simulated(5 / 6))),
    '1': trainedArm(atlasRecipe(sft1, sft2, sft3, simulated(1))),
  },
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
