import { atlasSetNames } from '@coa/atlas';
import {
  atlasModel,
  atlasRecipe,
  atlasSearch,
  closedBookArm,
  defineExperiment,
  quickStages,
  reactArm,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

const wikiLimits = {
  horizon: 3,
  contextTokens: 2048,
  turnTokens: 64,
  answerTokens: 16,
  observationTokens: 224,
  temperature: 0.6,
  topP: 1,
};

/** Real questions and passages, a real untrained model: nothing is trained. */
const wiki = {
  claim:
    'An untrained small model answers open-domain questions: by the AutoCoA chain-of-action loop, by ReAct, and alone.',
  arms: {
    AutoCoA: { protocol: 'coa', examples: 2, environment: 'search', options: wikiLimits },
    ReAct: { protocol: 'react', examples: 2, environment: 'search', options: wikiLimits },
    'Model only': {
      protocol: 'closedBook',
      examples: 2,
      environment: 'none',
      options: { ...wikiLimits, horizon: 0 },
    },
  },
  datasets: ['nq', 'triviaqa', 'hotpotqa', '2wikimultihopqa', 'musique', 'bamboogle'],
  questionsPerDataset: 20,
  model: 'smollm2-135m-instruct',
  search: { topK: 3, callLimit: 10 },
} as const;

export const qaEval = defineExperiment({
  name: 'qa-eval',
  claim:
    'On Atlas, an agent model trained by AutoCoA answers more questions than the same base model under ReAct, and than the base model alone.',
  arms: {
    AutoCoA: trainedArm(atlasRecipe(...quickStages)),
    ReAct: reactArm,
    'Model only': closedBookArm,
  },
  baseline: 'ReAct',
  datasets: atlasSetNames,
  questionsPerDataset: 100,
  repeats: 1,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
  tracks: { wiki },
});
