import { embedding, type TokenScores, tokenScores } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { type Block, type ForwardOptions, hiddenStates } from './forward.ts';
import { headOf, type Model } from './model.ts';
import type { PackedBlock } from './packing.ts';

export type ScoreOptions = ForwardOptions & {
  /** Logits are divided by it; must be that of sampling for log-probs to agree with the sampled ones. */
  readonly temperature?: number;
  /** d loss / d logprob for each wanted token, where it is known beforehand: saves computing the logits twice. */
  readonly expectedSlopes?: Float32Array;
};

const blockOf = ({ ids, positions, first, batch }: PackedBlock): Block => ({
  ids: tf.tensor1d(ids, 'int32'),
  positions: tf.tensor1d(positions, 'int32'),
  first: tf.tensor1d(first, 'int32'),
  batch,
});

const assertFits = ({ config }: Model, { length, ids }: PackedBlock): void => {
  if (length > config.positions)
    throw new RangeError(`rows of ${length} tokens; the model has ${config.positions} positions`);
  const alien = ids.find((id) => id < 0 || id >= config.vocabulary);
  if (alien !== undefined)
    throw new RangeError(
      `token id ${alien} is not in the model's vocabulary of ${config.vocabulary}`,
    );
};

/**
 * Log-probabilities and entropies of the wanted tokens of packed sequences; differentiable, so that any loss over them
 * trains the model.
 * @returns [N] each, N = `packed.rows.length`, by sequence and then by token
 */
export const scoreTokens = (
  model: Model,
  packed: PackedBlock,
  options: ScoreOptions = {},
): TokenScores => {
  assertFits(model, packed);
  const hidden = hiddenStates(model, blockOf(packed), options);
  const wanted = embedding(hidden, tf.tensor1d(packed.rows, 'int32'));
  const { temperature = 1, expectedSlopes } = options;
  return tokenScores(wanted, headOf(model), tf.tensor1d(packed.targets, 'int32'), {
    temperature,
    frozen: model.lora !== null,
    ...(expectedSlopes && { expectedSlopes }),
  });
};

/** Log-probabilities as numbers, [N]; nothing is kept for gradients. */
export const tokenLogprobs = (model: Model, packed: PackedBlock, temperature = 1): Float32Array =>
  tf.tidy(
    () => scoreTokens(model, packed, { temperature }).logprobs.dataSync() as Float32Array,
  ) as unknown as Float32Array;

/**
 * Weighted cross-entropy: - sum of w_i log p_i, over the sum of |w_i| unless `total` says over what.
 * @param weights [N], one for each wanted token; 0 leaves a token out
 */
export const crossEntropy = (
  model: Model,
  packed: PackedBlock,
  weights: Float32Array,
  options: ForwardOptions & { readonly temperature?: number; readonly total?: number } = {},
): tf.Scalar => {
  if (weights.length !== packed.rows.length) {
    throw new RangeError(`${weights.length} weights for ${packed.rows.length} wanted tokens`);
  }
  const total = options.total ?? weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  if (!(total > 0))
    throw new RangeError('all loss weights are zero: there is nothing to learn from');
  const slopes = weights.map((weight) => -weight / total);
  const { logprobs } = scoreTokens(model, packed, { ...options, expectedSlopes: slopes });
  return logprobs.mul(tf.tensor1d(slopes)).sum() as tf.Scalar;
};
