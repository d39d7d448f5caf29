import { atlasSetNames } from '@coa/atlas';
import {
  atlasModel,
  atlasRecipe,
  atlasRl,
  atlasSearch,
  defineExperiment,
  type Simulator,
  sft1,
  sft2,
  sft3,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

/** 40 batches in the simulated world, then 8 in the real one. */
const simulatedBy = (simulator: Simulator) => [
  { ...atlasRl('RL-1', { simulated: 40, real: 0 }), simulator },
  atlasRl('RL-2', { simulated: 0, real: 8 }),
];

const separate = { kind: 'separate', questions: 1_500, seesGold: false, noise: null } as const;

export const simulatorKind = defineExperiment({
  name: 'simulator-kind',
  claim:
    'Who should write the simulated observations: the policy, its frozen self, or a simulator of its own.',
  arms: {
    self: trainedArm(atlasRecipe(sft1, sft2, sft3, ...simulatedBy({ kind: 'self' }))),
    frozen: trainedArm(atlasRecipe(sft1, sft2, sft3, ...simulatedBy({ kind: 'frozen' }))),
    separate: trainedArm(atlasRecipe(sft1, sft2, sft3, ...simulatedBy(separate))),
    'separate, sees the answer': trainedArm(
      atlasRecipe(sft1, sft2, sft3, ...simulatedBy({ ...separate, seesGold: true })),
    ),
    'separate, more and more noise': trainedArm(
      atlasRecipe(
        sft1,
        sft2,
        sft3,
        ...simulatedBy({ ...separate, seesGold: true, noise: { start: 0, end: 0.5, base: 4 } }),
      ),
    ),
  },
  baseline: 'self',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
