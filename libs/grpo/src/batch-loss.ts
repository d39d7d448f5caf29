import {
  type ForwardOptions,
  type Model,
  type PackedBlock,
  scoreTokens,
  tokenLogprobs,
} from '@coa/model';
import * as tf from '@tensorflow/tfjs-core';
import type { GrpoConfig } from './config.ts';
import { ratioOf, type TokenFacts, tokenLoss } from './token-loss.ts';

/** What is known of the wanted tokens of packed sequences before the policy scores them; [N] each. */
export type KnownTokens = {
  readonly behaviour: Float32Array;
  /** null where no reference policy is kept. */
  readonly reference: Float32Array | null;
  readonly advantages: Float32Array;
  /** Of each token in the batch's loss. */
  readonly weights: Float32Array;
};

/** Sums over the tokens of an update: the first two as they are weighted in the loss, the others plain; `largestRatio` is a maximum. */
export type LossParts = {
  policyLoss: number;
  kl: number;
  entropy: number;
  tokens: number;
  clipped: number;
  ratio: number;
  largestRatio: number;
};

export const noParts = (): LossParts => ({
  policyLoss: 0,
  kl: 0,
  entropy: 0,
  tokens: 0,
  clipped: 0,
  ratio: 0,
  largestRatio: 0,
});

export type Linear = {
  /** [N]: d loss / d log-probability. */
  readonly slopes: Float32Array;
  /** The loss is this, plus the slopes times the log-probabilities. */
  readonly constant: number;
};

/**
 * The batch's loss as a linear function that has its value and its gradient at the given log-probabilities (the policy's
 * and the KL part; entropy comes beside it).
 */
export const linearLoss = (
  logprobs: ArrayLike<number>,
  known: KnownTokens,
  config: GrpoConfig,
): Linear => {
  const slopes = new Float32Array(logprobs.length);
  let constant = 0;
  for (let i = 0; i < slopes.length; i++) {
    const { policy, kl } = tokenLoss(factsOf(logprobs[i]!, known, i), config);
    const weight = known.weights[i]!;
    slopes[i] = weight * (policy.slope + config.kl.coefficient * kl.slope);
    constant +=
      weight * (policy.value + config.kl.coefficient * kl.value) - slopes[i]! * logprobs[i]!;
  }
  return { slopes, constant };
};

const factsOf = (logprob: number, known: KnownTokens, i: number): TokenFacts => ({
  logprob,
  behaviour: known.behaviour[i]!,
  reference: known.reference?.[i] ?? null,
  advantage: known.advantages[i]!,
});

/** Adds what the tokens' losses turned out to be. */
export const addParts = (
  parts: LossParts,
  { logprobs, entropies }: { readonly logprobs: Float32Array; readonly entropies: Float32Array },
  known: KnownTokens,
  config: GrpoConfig,
): void => {
  for (const [i, logprob] of logprobs.entries()) {
    const facts = factsOf(logprob, known, i);
    const { policy, kl } = tokenLoss(facts, config);
    const ratio = ratioOf(facts);
    parts.policyLoss += known.weights[i]! * policy.value;
    parts.kl += known.weights[i]! * kl.value;
    parts.entropy += entropies[i]!;
    parts.tokens += 1;
    parts.clipped += Number(facts.advantage !== 0 && policy.slope === 0);
    parts.ratio += ratio;
    parts.largestRatio = Math.max(parts.largestRatio, ratio);
  }
};

export type LossOptions = ForwardOptions & {
  /** That of sampling: log-probabilities must agree with the sampled ones. */
  readonly temperature: number;
  /** The policy has not changed since sampling: its log-probabilities are the sampled ones, and every slope is known beforehand. */
  readonly firstUpdate: boolean;
  readonly parts: LossParts;
};

/** The loss of packed sequences as a differentiable scalar: their share of the batch's (paper, "GRPO"). */
export const batchLoss = (
  model: Model,
  packed: PackedBlock,
  known: KnownTokens,
  config: GrpoConfig,
  { firstUpdate, parts, ...options }: LossOptions,
): tf.Scalar => {
  const { entropyCoefficient } = config;
  const expected = firstUpdate ? linearLoss(known.behaviour, known, config) : null;
  const { logprobs, entropies } = scoreTokens(model, packed, {
    ...options,
    ...(expected && entropyCoefficient === 0 && { expectedSlopes: expected.slopes }),
  });
  const scores = {
    logprobs: logprobs.dataSync() as Float32Array,
    entropies: entropies.dataSync() as Float32Array,
  };
  const { slopes, constant } = expected ?? linearLoss(scores.logprobs, known, config);
  addParts(parts, scores, known, config);
  const loss = logprobs.mul(tf.tensor1d(slopes)).sum().add(constant);
  if (entropyCoefficient === 0) return loss as tf.Scalar;
  const bonus = entropies.mul(tf.tensor1d(known.weights)).sum().mul(entropyCoefficient);
  return loss.sub(bonus) as tf.Scalar;
};

/** Log-probabilities under the reference policy, [N]; null where none is kept. */
export const referenceLogprobs = (
  reference: Model | null,
  packed: PackedBlock,
  temperature: number,
): Float32Array | null => reference && tokenLogprobs(reference, packed, temperature);
