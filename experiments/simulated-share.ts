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
const rl = (share: number) => {
  const simulated = Math.round(share * batches);
  const stages = [
    atlasRl('RL-1', { simulated, real: 0 }),
    atlasRl('RL-2', { simulated: 0, real: batches - simulated }),
  ];
  return stages.filter((stage) => stage.batches.simulated + stage.batches.real > 0);
};

export const simulatedShare = defineExperiment({
  name: 'simulated-share',
  claim:
    'How much of RL may take place in the simulated environment, with the questions, reward, rate and temperature that it needs, before accuracy suffers.',
  arms: {
    none: trainedArm(atlasRecipe(sft1, sft2, sft3, ...rl(0))),
    '1/2': trainedArm(atlasRecipe(sft1, sft2, sft3, ...rl(1 / 2))),
    '5/6': trainedArm(atlasRecipe(sft1, sft2, sft3, ...rl(5 / 6))),
    all: trainedArm(atlasRecipe(sft1, sft2, sft3, ...rl(1))),
  },
  baseline: '5/6',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
