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
  /** Calls that the tool answered; those refused at the call limit are none. */
  readonly realCalls: number;
  readonly simulatedCalls: number;
  readonly rolloutTokensPerSecond: number;
  readonly rolloutSeconds: number;
};

/** What an update's loss was made of; 0 where no rollout had anything to teach. */
export type UpdateFacts = {
  readonly policyLoss: number;
  /** null where no reference policy is kept. */
  readonly kl: number | null;
  /** Nats a token. */
  readonly entropy: number;
  /** Share of tokens that the clipped surrogate gives no slope. */
  readonly clipFraction: number;
  readonly meanRatio: number;
  readonly largestRatio: number;
  /** Tokens that went into the loss. */
  readonly lossTokens: number;
  /** Tokens that went through the network: prompts and observations too. */
  readonly updateTokensPerSecond: number;
  /** From the end of sampling to the changed weights; scoring under the reference is part of the first update. */
  readonly updateSeconds: number;
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

const answeredCallsOf = ({ trajectory }: Rollout): number =>
  trajectory.steps.filter(
    (step) =>
      step.kind === 'observation' && step.failure !== 'limit' && step.failure !== 'unknown-tool',
  ).length;

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
  const calls = sampled.reduce((sum, { rollout }) => sum + answeredCallsOf(rollout), 0);
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
    rolloutSeconds: seconds,
  };
};

export const updateFacts = (
  parts: LossParts,
  {
    seconds,
    tokens,
    hasReference,
  }: { readonly seconds: number; readonly tokens: number; readonly hasReference: boolean },
): UpdateFacts => {
  const share = (sum: number): number => (parts.tokens === 0 ? 0 : sum / parts.tokens);
  return {
    policyLoss: parts.policyLoss,
    kl: hasReference ? parts.kl : null,
    entropy: share(parts.entropy),
    clipFraction: share(parts.clipped),
    meanRatio: share(parts.ratio),
    largestRatio: parts.largestRatio,
    lossTokens: parts.tokens,
    updateTokensPerSecond: tokens / seconds,
    updateSeconds: seconds,
  };
};
