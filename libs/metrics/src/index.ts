export { exactMatch, predictionOf, tokenF1 } from './answer-metrics.ts';
export { type AnswerRule, answerRule } from './answer-rules.ts';
export { type ClusteredValue, type Draws, drawsOf, type IntervalOptions } from './bootstrap.ts';
export { actionSteps, answered, toolFailures } from './conduct.ts';
export { type Effect, type Stratum, stratifiedContrast } from './contrast.ts';
export {
  type DrawOptions,
  type SeededEffect,
  type SeededStratum,
  seededContrast,
} from './contrast-seeds.ts';
export {
  allGoldFound,
  answerInObservations,
  goldRecall,
  recallAtK,
  searchGoldRecall,
} from './evidence.ts';
export { hopRecall, hopSuccess, needlessSearches } from './graph.ts';
export { type Interval, meanWithInterval, wilsonInterval } from './interval.ts';
export {
  type JudgeCache,
  type Judgement,
  type JudgeOptions,
  judge,
  judgePromptVersion,
} from './judge.ts';
export { benjaminiHochberg, holm, holmLevels } from './multiple-tests.ts';
export { mcnemarExact, type PairedDifference, pairedDifference } from './paired.ts';
export {
  type CallShare,
  type ClaimTest,
  closeMargin,
  ownClaims,
  type PaperClaim,
  paperClaims,
} from './paper-claims.ts';
export { minimumDetectableEffect } from './power.ts';
export {
  releasedPredictionReward,
  releasedResponseReward,
  releasedReward,
  releasedRewardOf,
} from './released-reward.ts';
export { meanAtK, passAtK, passHatK, type Repeats } from './repeats.ts';
export { type ScoredLine, scoreLine } from './score-line.ts';
export { type Prediction, type PredictionScores, scorePrediction } from './score-prediction.ts';
export { countMetrics, scoreTrajectory, standardMetrics } from './score-trajectory.ts';
export { type ClaimResult, type TestOptions, testClaims, type Verdict } from './test-claims.ts';
export type { ClaimRow, TrainingCalls } from './test-claims-rows.ts';
