export {
  type Attempt,
  type AttemptOutcome,
  attemptKey,
  attemptOf,
  attemptsOf,
} from './attempts.ts';
export {
  type Comparison,
  compareAttempts,
  compareSides,
  type Side,
  type SideAttempts,
  type SideRecords,
} from './compare.ts';
export {
  type ConfigDifference,
  configDifferences,
  type LineDifference,
  lineDifferences,
} from './config-differences.ts';
export { type Costs, costsOf } from './costs.ts';
export {
  compareValues,
  type Difference,
  type DifferenceOptions,
  defaultDifference,
  judgeTogether,
  type ValuedAttempt,
  type ValueOptions,
  type Verdict,
} from './differences.ts';
export { countFlips, type Flip, type FlipKind, flipKinds, flipsOf } from './flips.ts';
export { type GateRow, type GateVerdict, gateVerdict, worstVerdict } from './gate.ts';
export { isShare } from './is-share.ts';
export { promptDifferences, promptText } from './prompt-text.ts';
export { type RepeatRates, repeatRatesOf } from './repeat-rates.ts';
export { type DrawSource, sharedDraws } from './shared-draws.ts';
