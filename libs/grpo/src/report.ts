import type { Rollout } from '@coa/core';
import { exactMatch } from '@coa/metrics';
import type { StepReport } from '@coa/model';
import type { LossParts } from './batch-loss.ts';
import { isWellFormed } from './reward.ts';
import type { RatedRollout, SampledBatch, Surroundings } from './sample-batch.ts';

/** What the rollouts of a batch were like: means over everything sampled. */
export type BatchFacts = {
  readonly reward: number;
  readonly exactMatch: number;
  /** Share of groups whose members all got the same reward. */
  readonly zeroVariance: number;
  readonly actions: number;
  /** Tokens that the policy wrote, observations of its own making not counted. */
  readonly sampledTokens: number;
  /** Share of rollouts that did not answer by themselves. */
  readonly formatFailures: number;
  readonly realCalls: number;
  readonly simulatedCalls: number;
  readonly rolloutTokensPerSecond: number;
};

/** What an update's loss was made of; 0 where no rollout had anything to teach. */
export type UpdateFacts = {
  readonly policyLoss: number;
  readonly kl: number;
  /** Nats a token. */
  readonly entropy: number;
  /** Share of tokens that the clipped surrogate gives no slope. */
  readonly clipFraction: number;
  readonly meanRatio: number;
  readonly largestRatio: number;
  /** Tokens that went into the loss. */
  readonly lossTokens: number;
  readonly updateTokensPerSecond: number;
};

export type GrpoReport = StepReport &
  BatchFacts &
  UpdateFacts & {
    /** Updates of the whole run. */
    readonly steps: number;
    readonly batch: number;
    /** From 1; at the first update on a batch, `rollouts` are those of the batch, later none. */
    readonly update: number;
    readonly rollouts: readonly RatedRollout[];
  };

const callsOf = ({ trajectory }: Rollout): number =>
  trajectory.steps.filter(({ kind }) => kind === 'observation').length;

const writtenBy = ({ tokens }: Rollout): number =>
  tokens!.promptMask.reduce(
    (sum, given, i) => sum + Number(given + tokens!.observationMask[i]! === 0),
    0,
  );

export const batchFacts = (
  { sampled, zeroVariance }: SampledBatch,
  { kind }: Pick<Surroundings, 'kind'>,
  seconds: number,
): BatchFacts => {
  const mean = (of: (rated: RatedRollout) => number): number =>
    sampled.reduce((sum, rated) => sum + of(rated), 0) / sampled.length;
  const actions = mean(({ rollout }) => callsOf(rollout));
  const sampledTokens = mean(({ rollout }) => writtenBy(rollout));
  const calls = Math.round(actions * sampled.length);
  return {
    reward: mean(({ reward }) => reward),
    exactMatch: mean(({ rollout }) => exactMatch.score(rollout.trajectory) ?? 0),
    zeroVariance,
    actions,
    sampledTokens,
    formatFailures: mean(({ rollout }) => Number(!isWellFormed(rollout.trajectory))),
    realCalls: kind === 'real' ? calls : 0,
    simulatedCalls: kind === 'simulated' ? calls : 0,
    rolloutTokensPerSecond: (sampledTokens * sampled.length) / seconds,
  };
};

export const updateFacts = (parts: LossParts, seconds: number): UpdateFacts => {
  const share = (sum: number): number => (parts.tokens === 0 ? 0 : sum / parts.tokens);
  return {
    policyLoss: parts.policyLoss,
    kl: parts.kl,
    entropy: share(parts.entropy),
    clipFraction: share(parts.clipped),
    meanRatio: share(parts.ratio),
    largestRatio: parts.largestRatio,
    lossTokens: parts.tokens,
    updateTokensPerSecond: parts.tokens / seconds,
  };
};
