import type { ProtocolOptions } from '@coa/core';
import type { Arm } from '../experiment.ts';
import { atlasEvaluation } from './atlas-recipes.ts';
import { noInstructions } from './examples.ts';
import type { Recipe } from './recipe.ts';

/** An agent on Atlas whose model was trained; it reads no instructions unless it was trained with some. */
export const trainedArm = (recipe: Recipe, prompt: ProtocolOptions = noInstructions): Arm => ({
  protocol: 'coa',
  environment: 'search',
  options: atlasEvaluation,
  recipe,
  ...prompt,
});

/** The base model under ReAct, with the prompt that did best on the dev split (`experiments/react-prompts.ts`). */
export const reactArm: Arm = {
  protocol: 'react',
  examples: 0,
  system: 'Answer in steps of Thought, Action and Observation.',
  environment: 'search',
  options: atlasEvaluation,
};

/** A model fine-tuned on ReAct's form of the same questions. */
export const reactTrainedArm = (recipe: Recipe): Arm => ({
  ...reactArm,
  ...noInstructions,
  recipe,
});

/** The base model alone: it reasons from memory, which answers more than saying the answer at once (docs/decisions/006). */
export const closedBookArm: Arm = {
  protocol: 'coa',
  ...noInstructions,
  environment: 'none',
  options: { ...atlasEvaluation, horizon: 0 },
};
