import type { Arm, Experiment } from './experiment.ts';
import type { Recipe, Simulator, Stage } from './training/recipe.ts';

const toySimulator = (simulator: Simulator): Simulator => {
  switch (simulator.kind) {
    case 'self':
    case 'frozen':
      return simulator;
    case 'separate':
      return { ...simulator, questions: Math.min(simulator.questions, 8) };
  }
};

/** The same stage on a handful of data, a step or two long. */
const toyStage = (stage: Stage): Stage => {
  const few = (count: number, most: number): number => Math.min(count, most);
  const source = { ...stage.source, questions: few(stage.source.questions, 24) };
  switch (stage.kind) {
    case 'contrastive':
      return {
        ...stage,
        source,
        pairs: few(stage.pairs, 4),
        config: { ...stage.config, epochs: 1 },
      };
    case 'sft': {
      const counts = { coa: few(stage.counts.coa, 8), cot: few(stage.counts.cot, 2) };
      return { ...stage, source, counts, config: { ...stage.config, epochs: 1 } };
    }
    case 'grpo': {
      const batches = {
        simulated: few(stage.batches.simulated, 1),
        real: few(stage.batches.real, 1),
      };
      const config = { ...stage.config, questionsPerBatch: 2, groupSize: 2, collapse: null };
      return { ...stage, source, batches, config, simulator: toySimulator(stage.simulator) };
    }
  }
};

const toyRecipe = (recipe: Recipe): Recipe => ({ ...recipe, stages: recipe.stages.map(toyStage) });

const toyArm = ({ recipe, ...arm }: Arm): Arm => ({
  ...arm,
  ...(recipe && { recipe: toyRecipe(recipe) }),
});

/**
 * The experiment in seconds instead of hours, under a name and so with a report of its own: every arm and every stage, one
 * question a set, one repeat. It shows that an experiment runs; its numbers say nothing.
 */
export const toySized = (experiment: Experiment): Experiment => ({
  ...experiment,
  name: `${experiment.name}-toy`,
  claim: `Toy size, to see that it runs: ${experiment.claim}`,
  arms: Object.fromEntries(
    Object.entries(experiment.arms).map(([name, arm]) => [name, toyArm(arm)]),
  ),
  questionsPerDataset: 1,
  repeats: 1,
});
