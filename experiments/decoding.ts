import { atlasSetNames } from '@coa/atlas';
import {
  type Arm,
  armsOf,
  atlasEvaluation,
  atlasModel,
  atlasSearch,
  defineExperiment,
  standardMetrics,
} from '@coa/runner';
import { paperTable } from './paper-table.ts';

/** The baseline by prompting, and agents before and after RL. */
const agents = ['ReAct', 'SFT-1&2', 'SFT-1&2 + RL-2', 'ReAct SFT'];

const agentOf = (name: string): Arm => {
  const arm = paperTable.arms[name];
  if (!arm) throw new Error(`paper-table has no arm '${name}'`);
  return arm;
};

/** `npx nx run experiments:decoding`: the same models, asked by both of the paper's protocols and greedily. */
export const decoding = defineExperiment({
  name: 'decoding',
  claim: 'Much of what RL adds is a sharper distribution, which colder sampling gives without RL.',
  arms: armsOf(
    {
      agent: Object.fromEntries(agents.map((name) => [name, agentOf(name)])),
      sampling: {
        'protocol A': atlasEvaluation,
        'protocol B': { ...atlasEvaluation, temperature: 0.6, topP: 1 },
        greedy: { ...atlasEvaluation, temperature: 0, topP: 1 },
      },
    },
    ({ agent, sampling }) => ({ ...agent, options: sampling }),
  ),
  baseline: 'agent SFT-1&2, sampling greedy',
  datasets: atlasSetNames,
  questionsPerDataset: 250,
  repeats: 3,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
