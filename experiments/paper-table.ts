import { atlasSetNames } from '@coa/atlas';
import {
  atlasModel,
  atlasRecipe,
  atlasRl,
  atlasSearch,
  closedBookArm,
  defineExperiment,
  promptedRl,
  reactArm,
  reactSft,
  reactTrainedArm,
  sft1,
  sft2,
  sft3,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

/** Half the paper's 96 batches, of which all, five of six, or none are simulated; the first two share their first 40. */
const simulated = atlasRl('RL-1', { simulated: 40, real: 0 });
const stillSimulated = atlasRl('RL, last sixth', { simulated: 8, real: 0 });
const thenReal = atlasRl('RL, last sixth', { simulated: 0, real: 8 });
const allReal = atlasRl('RL-2', { simulated: 0, real: 48 });
/** Without SFT, 50 % more of them. */
const untrained = promptedRl('RL-2 alone', { simulated: 0, real: 72 });

/** `npx nx run experiments:paper-table`: the rows of the paper's Table 1 that are not another lab's model, on Atlas. */
export const paperTable = defineExperiment({
  name: 'paper-table',
  claim:
    'The rows of the paper’s Table 1 on Atlas, three seeds an arm, and a verdict on each of its seven claims.',
  arms: {
    'Closed book': closedBookArm,
    ReAct: reactArm,
    'SFT-1': trainedArm(atlasRecipe(sft1)),
    'SFT-2': trainedArm(atlasRecipe(sft2)),
    'SFT-1&2': trainedArm(atlasRecipe(sft1, sft2)),
    'SFT-1&2&3': trainedArm(atlasRecipe(sft1, sft2, sft3)),
    'RL-2': trainedArm(atlasRecipe(untrained), untrained.prompt),
    'SFT-1&2&3 + RL-1': trainedArm(atlasRecipe(sft1, sft2, sft3, simulated, stillSimulated)),
    'SFT-1&2&3 + RL-1&2': trainedArm(atlasRecipe(sft1, sft2, sft3, simulated, thenReal)),
    'SFT-1&2 + RL-2': trainedArm(atlasRecipe(sft1, sft2, allReal)),
    'ReAct SFT': reactTrainedArm(atlasRecipe(reactSft)),
  },
  baseline: 'ReAct',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
