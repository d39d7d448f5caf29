export { standardMetrics } from '@coa/metrics';
export {
  type Arm,
  defineExperiment,
  type Experiment,
  type Overrides,
  overridden,
} from './experiment.ts';
export { openModel } from './open-model.ts';
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
export { defineScript, type Script, type ScriptResult, type ScriptServices } from './script.ts';
