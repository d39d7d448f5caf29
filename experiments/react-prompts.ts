import { atlasSetNames, atlasTraining, workedExample } from '@coa/atlas';
import type { WorkedExample } from '@coa/core';
import {
  type Arm,
  atlasEvaluation,
  atlasModel,
  atlasSearch,
  defineExperiment,
  standardMetrics,
} from '@coa/runner';

/** As the base model read it in pretraining: `Search[ words ]`, where a name is one token only behind a space. */
const spaced = ({ hops, answer, ...rest }: WorkedExample): WorkedExample => ({
  ...rest,
  hops: hops.map((hop) => ({ ...hop, search: ` ${hop.search} ` })),
  answer: ` ${answer} `,
});

/** Training questions of one and of two hops about what the base model has read, worked out. */
const worked = [1, 2].map((hops) => {
  const asked = atlasTraining(200, { knownShare: 1, seed: 0 });
  return spaced(workedExample(asked.find(({ question }) => question.hops === hops)!));
});

const instructions = {
  none: '',
  steps: 'Answer in steps of Thought, Action and Observation.',
  tools: 'Use Search and Finish.',
} as const;

const arm = (system: string, examples: number): Arm => ({
  protocol: 'react',
  examples: worked.slice(0, examples),
  system,
  environment: 'search',
  options: atlasEvaluation,
});

const variants = Object.entries(instructions).flatMap(([name, system]) =>
  [0, 1, 2].map((examples): [string, Arm] => [
    `${name}, ${examples} examples`,
    arm(system, examples),
  ]),
);

/** Chooses the prompt of the ReAct baseline: nine variants on the dev split, so that the baseline gets the care that ours got. */
export const reactPrompts = defineExperiment({
  name: 'react-prompts',
  claim: 'Which prompt makes the untrained base model answer best under ReAct.',
  arms: Object.fromEntries(variants),
  datasets: atlasSetNames,
  split: 'dev',
  questionsPerDataset: 100,
  repeats: 1,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
