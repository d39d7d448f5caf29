import type { TokenSequence } from '@coa/core';
import { lossMask } from '@coa/rollout';

/** Which observation tokens the cross-entropy counts (paper, stages 2 and 3). */
export type ObservationLoss = {
  /** Stage 2: true, observation tokens are left out. Stage 3: false, the policy learns to predict them. */
  readonly maskObservations: boolean;
  /** Weight of an observation token where they are not masked; a policy token weighs 1. The paper's: 1. */
  readonly observationWeight: number;
};

/**
 * P(x|c) = (1/|x|) * sum_i log pi(x_i | c, x_<i): the length-normalised log-probability (paper, "SFT losses").
 * @param logprobs [L], nats
 * @param mask [L], 1 = the token belongs to x; observation tokens do not, for the policy did not choose them
 * @throws RangeError where the lengths differ or no token counts
 */
export const sequenceLogprob = (logprobs: ArrayLike<number>, mask: ArrayLike<number>): number => {
  if (logprobs.length !== mask.length)
    throw new RangeError(`${logprobs.length} log-probs and ${mask.length} entries of the mask`);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 1) continue;
    sum += logprobs[i]!;
    count += 1;
  }
  if (count === 0) throw new RangeError(`none of ${mask.length} tokens counts`);
  return sum / count;
};

/** log(1 + e^x) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** P(chosen|c) and P(rejected|c) of one pair, in nats. */
export type PairLogprobs = { readonly chosen: number; readonly rejected: number };

/**
 * Stage 1: L = -log sigmoid(P(chosen|c) - P(rejected|c)) + alpha * (-P(chosen|c)) (paper, "SFT losses").
 * `loss` is the sum of its two parts; `auxiliary` holds alpha.
 */
export const contrastiveLoss = (
  { chosen, rejected }: PairLogprobs,
  alpha: number,
): { readonly loss: number; readonly contrastive: number; readonly auxiliary: number } => {
  const contrastive = softplus(rejected - chosen);
  const auxiliary = alpha * -chosen;
  return { loss: contrastive + auxiliary, contrastive, auxiliary };
};

/** d L / d P(chosen) and d L / d P(rejected) of the stage-1 loss. */
export const contrastiveSlopes = (
  { chosen, rejected }: PairLogprobs,
  alpha: number,
): PairLogprobs => {
  const doubt = 1 / (1 + Math.exp(chosen - rejected));
  return { chosen: -doubt - alpha, rejected: doubt };
};

/**
 * Weighted cross-entropy: -sum_i w_i log p_i / sum_i w_i, in nats a token.
 * @param logprobs [L]; entries of weight 0 may be anything
 * @param weights [L], at least 0
 * @throws RangeError where the lengths differ or all weights are 0
 */
export const maskedCrossEntropy = (
  logprobs: ArrayLike<number>,
  weights: ArrayLike<number>,
): number => {
  if (logprobs.length !== weights.length)
    throw new RangeError(`${logprobs.length} log-probs and ${weights.length} weights`);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    sum -= weights[i]! * logprobs[i]!;
    total += weights[i]!;
  }
  if (total === 0) throw new RangeError(`all ${weights.length} loss weights are 0`);
  return sum / total;
};

/** What each token of a trajectory weighs in the cross-entropy of stages 2 and 3, [L]. */
export const lossWeights = (
  tokens: TokenSequence,
  { maskObservations, observationWeight }: ObservationLoss,
): Float32Array => {
  if (!(observationWeight >= 0 && Number.isFinite(observationWeight)))
    throw new RangeError(`observationWeight is ${observationWeight}; it must be at least 0`);
  const mask = lossMask(tokens, { maskObservations });
  return Float32Array.from(
    mask,
    (counts, i) => counts * (tokens.observationMask[i] === 1 ? observationWeight : 1),
  );
};
