export { activationBytes, needsCheckpoints } from './activations.ts';
export { readCheckpoint, recipeHash, type TrainingPlace, writeCheckpoint } from './checkpoint.ts';
export { assertConfig, llamaConfig, type ModelConfig, modelSizes } from './config.ts';
export { type Block, type ForwardOptions, hiddenStates } from './forward.ts';
export { loadGguf } from './gguf.ts';
export { greedyAccuracy } from './greedy-accuracy.ts';
export { grouped } from './grouped.ts';
export { parseConfig, renderConfig } from './hugging-face-config.ts';
export { type Lora, type LoraOptions, type LoraTarget, mergeLora, withLora } from './lora.ts';
export {
  createModel,
  disposeModel,
  headOf,
  type Model,
  modelOf,
  parameterOf,
  trainableParameters,
} from './model.ts';
export { loadModel, saveModel, type WeightType } from './model-folder.ts';
export { type ModelPolicyOptions, modelPolicy } from './model-policy.ts';
export {
  applyGradients,
  createOptimizer,
  defaultOptimizer,
  disposeOptimizer,
  type Gradients,
  globalNorm,
  gradientsOf,
  type Optimizer,
  type OptimizerConfig,
} from './optimizer.ts';
export { type PackedBlock, packSequences, type ScoredSequence } from './packing.ts';
export {
  initialParameters,
  type Parameters,
  parameterCount,
  parameterShapes,
  parametersFrom,
} from './parameters.ts';
export {
  openSampler,
  type Sample,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
} from './sampler.ts';
export { learningRateAt, type Schedule } from './schedule.ts';
export { crossEntropy, type ScoreOptions, scoreTokens, tokenLogprobs } from './scores.ts';
export { copyTask, inductionTask, type SyntheticTask } from './synthetic-tasks.ts';
export {
  type MicroBatch,
  NonFiniteLossError,
  type StepReport,
  type TrainPlan,
  type TrainResult,
  train,
} from './train.ts';
