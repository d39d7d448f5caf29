export { standardMetrics } from '@coa/metrics';
export type { FidelityRow } from '@coa/report';
export { openRetriever, searchEnvironment } from './environments.ts';
export {
  type Arm,
  defineExperiment,
  type Experiment,
  type Overrides,
  overridden,
} from './experiment.ts';
export { armsOf, type Combination } from './grid.ts';
export { atlasBase, atlasModel, openModel } from './open-model.ts';
export { openTrainedModel } from './open-trained-model.ts';
export type { Places } from './places.ts';
export { type PlannedRollout, planRollouts } from './plan.ts';
export { drawQuestionSets } from './question-sets.ts';
export { type Judge, type RunParts, type RunSummary, runPlan } from './run.ts';
export {
  loadExperiment,
  type RunResult,
  type RunServices,
  reported,
  runExperiment,
} from './run-experiment.ts';
export { runTables } from './run-tables.ts';
export { runTokenTexts } from './run-tokenizers.ts';
export { defineScript, type Script, type ScriptResult, type ScriptServices } from './script.ts';
export {
  closedBookArm,
  reactArm,
  reactTrainedArm,
  trainedArm,
} from './training/atlas-arms.ts';
export {
  atlasEvaluation,
  atlasLimits,
  atlasRecipe,
  atlasRl,
  atlasSearch,
  promptedRl,
  quickStages,
  reactSft,
  sft1,
  sft2,
  sft3,
} from './training/atlas-recipes.ts';
export { noInstructions } from './training/examples.ts';
export { fidelityRows, fidelityText, keepFidelity } from './training/fidelity-rows.ts';
export {
  type QuestionSource,
  type Recipe,
  type Simulator,
  type Stage,
  type Teacher,
  withStage,
} from './training/recipe.ts';
export { storedTraining } from './training/stored-training.ts';
export { type TrainedModel, type TrainingServices, trainRecipe } from './training/train-recipe.ts';
