import { type ForwardOptions, type Model, type PackedBlock, scoreTokens } from '@coa/model';
import * as tf from '@tensorflow/tfjs-core';

/** Receives the log-probabilities of the wanted tokens, [N], as numbers. */
export type SeeLogprobs = (logprobs: Float32Array) => void;

/**
 * sum_i w_i * -log p_i / total as a differentiable scalar: one micro-batch's share of a step's cross-entropy.
 * @param weights [N], one for each of `packed.rows`
 * @param total the weights of the whole step
 */
export const crossEntropyShare = (
  model: Model,
  packed: PackedBlock,
  {
    weights,
    total,
    see,
    ...forward
  }: ForwardOptions & {
    readonly weights: Float32Array;
    readonly total: number;
    readonly see: SeeLogprobs;
  },
): tf.Scalar => {
  if (weights.length !== packed.rows.length)
    throw new RangeError(`${weights.length} weights for ${packed.rows.length} wanted tokens`);
  const slopes = weights.map((weight) => -weight / total);
  const { logprobs } = scoreTokens(model, packed, { ...forward, expectedSlopes: slopes });
  see(logprobs.dataSync() as Float32Array);
  return logprobs.mul(tf.tensor1d(slopes)).sum() as tf.Scalar;
};

/** [sequences, N]: multiplied with log-probs, the mean over the wanted tokens of each of the sequences. */
const meanMatrix = ({ starts, rows }: PackedBlock, sequences: readonly number[]): tf.Tensor2D => {
  const matrix = new Float32Array(sequences.length * rows.length);
  for (const [i, s] of sequences.entries()) {
    const [from, to] = [starts[s]!, starts[s + 1]!];
    if (from === to) throw new RangeError(`sequence ${s} of the packed pairs has no wanted token`);
    matrix.fill(1 / (to - from), i * rows.length + from, i * rows.length + to);
  }
  return tf.tensor2d(matrix, [sequences.length, rows.length]);
};

/**
 * The stage-1 loss of packed pairs, summed over the pairs and divided by `total`. The slope of a token depends on the
 * whole pair's log-probs, so none can be announced to `scoreTokens`.
 * @param packed sequences 2i and 2i + 1 are the chosen and the rejected one of pair i, shared context included; wanted
 *   are the tokens of x
 * @param see receives P(chosen) and P(rejected) of each pair
 */
export const contrastiveShare = (
  model: Model,
  packed: PackedBlock,
  {
    alpha,
    total,
    see,
    ...forward
  }: ForwardOptions & {
    readonly alpha: number;
    readonly total: number;
    readonly see: (chosen: Float32Array, rejected: Float32Array) => void;
  },
): tf.Scalar => {
  const sequences = packed.starts.length - 1;
  if (sequences % 2 !== 0) throw new RangeError(`${sequences} sequences do not make pairs`);
  const pairs = Array.from({ length: sequences / 2 }, (_, i) => i);
  const logprobs = scoreTokens(model, packed, forward).logprobs.reshape([-1, 1]) as tf.Tensor2D;
  const meansOf = (part: 0 | 1) =>
    tf.matMul(
      meanMatrix(
        packed,
        pairs.map((i) => 2 * i + part),
      ),
      logprobs,
    );
  const [chosen, rejected] = [meansOf(0), meansOf(1)];
  see(chosen.dataSync() as Float32Array, rejected.dataSync() as Float32Array);
  const losses = tf.softplus(rejected.sub(chosen)).sub(chosen.mul(alpha));
  return losses.sum().div(total) as tf.Scalar;
};
