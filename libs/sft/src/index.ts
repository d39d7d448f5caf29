export {
  type BranchOptions,
  branchRollouts,
  type Opening,
  openingWith,
  prefixOf,
  type Ways,
} from './branch-rollouts.ts';
export {
  contrastivePairs,
  type PairSet,
} from './contrastive-pairs.ts';
export {
  type ExampleCounts,
  type ExampleKind,
  type SftExample,
  withEndOfTurn,
} from './examples.ts';
export { contrastiveShare, crossEntropyShare, type SeeLogprobs } from './loss-tensors.ts';
export {
  contrastiveLoss,
  contrastiveSlopes,
  lossWeights,
  maskedCrossEntropy,
  type ObservationLoss,
  type PairLogprobs,
  sequenceLogprob,
} from './losses.ts';
export {
  type ContrastivePair,
  commonPrefix,
  type PairKind,
  type PairOptions,
  type PairRejection,
} from './pair-candidates.ts';
export { isRight, type Rejection, rejectionOf, type Standard } from './rejection.ts';
export {
  microBatches,
  type Passes,
  type RateSchedule,
  stepsByCount,
  stepsByTokens,
} from './step-plan.ts';
export {
  collectExamples,
  endOfTurnIds,
  type SynthesisCounts,
  type SynthesisSetting,
  type Synthesized,
  synthesize,
} from './synthesize.ts';
export {
  policyWritten,
  type Student,
  type TeacherOptions,
  teacherInTokensOf,
} from './teacher-tokens.ts';
export {
  type ContrastiveConfig,
  type ContrastiveParts,
  type ContrastiveReport,
  trainContrastive,
} from './train-contrastive.ts';
export { type SftConfig, type SftParts, type SftReport, trainSft } from './train-sft.ts';
export type { Progress, TrainConfig, TrainServices } from './train-steps.ts';
