import { atlasSetNames } from '@coa/atlas';
import {
  armsOf,
  atlasEvaluation,
  atlasModel,
  atlasSearch,
  defineExperiment,
  standardMetrics,
} from '@coa/runner';
import { paperTable } from './paper-table.ts';

const agents = ['ReAct', 'SFT-1&2', 'SFT-1&2 + RL-2', 'ReAct SFT'];

export const decoding = defineExperiment({
  name: 'decoding',
  claim:
    'How much of what RL adds is a sharper distribution, which colder sampling gives without RL.',
  arms: armsOf(
    {
      agent: Object.fromEntries(agents.map((name) => [name, paperTable.arms[name]!])),
      sampling: {
        'protocol A': atlasEvaluation,
        'protocol B': { ...atlasEvaluation, temperature: 0.6, topP: 1 },
        greedy: { ...atlasEvaluation, temperature: 0, topP: 1 },
      },
    },
    ({ agent, sampling }) => ({ ...agent, options: sampling }),
  ),
  baseline: 'SFT-1&2, greedy',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
