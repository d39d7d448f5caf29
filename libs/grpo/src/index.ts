export { groupAdvantages, isZeroVariance } from './advantages.ts';
export { CollapseError, collapseOf } from './collapse.ts';
export {
  type Averaging,
  type Collapse,
  type GrpoConfig,
  type KlConfig,
  type Objective,
  paperGrpo,
  releasedGrpo,
  type ZeroVariance,
} from './config.ts';
export type { BatchFacts, GrpoReport, UpdateFacts } from './report.ts';
export { earnedByActing, isWellFormed, paperReward, releasedTrainingReward } from './reward.ts';
export type { RatedRollout, Surroundings } from './sample-batch.ts';
export {
  klTerm,
  policyTerm,
  ratioOf,
  sequenceWeights,
  type Term,
  type TokenFacts,
  tokenLoss,
} from './token-loss.ts';
export { type GrpoServices, type GrpoTask, type PastBatch, trainGrpo } from './train-grpo.ts';
