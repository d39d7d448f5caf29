export { givenSegment, type Task } from './attempt.ts';
export { assertOptions, type RolloutOptions } from './options.ts';
export { type RolloutSetting, rollout, rolloutBatch, rolloutGroup } from './rollout.ts';
export { lossMask, tokenSequence } from './tokens.ts';
