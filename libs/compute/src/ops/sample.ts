import * as tf from '@tensorflow/tfjs-core';
import { type CoaBackend, fusedBackend } from '../backend.ts';
import { doublesOf } from '../kernels.ts';

/** How one token is drawn. */
export type Draw = {
  /** 0 = the likeliest token. */
  readonly temperature: number;
  /** In (0, 1]: the likeliest tokens that hold this part of the mass after the temperature. */
  readonly topP: number;
  /** Uniform in [0, 1). */
  readonly uniform: number;
};

export type Drawn = {
  readonly ids: Int32Array;
  /**
   * Natural-log probability under the distribution that was drawn from; at temperature 0, the untempered one. NaN where
   * the logits hold a NaN or no finite number.
   */
  readonly logprobs: Float32Array;
};

const fusedSample = (backend: CoaBackend, logits: tf.Tensor2D, draws: readonly Draw[]): Drawn => {
  const [rows, n] = logits.shape;
  const { kernels } = backend;
  const settings = tf.tensor2d(
    [...draws.map(({ temperature }) => temperature), ...draws.map(({ topP }) => topP)],
    [2, rows],
  );
  const uniforms = kernels.heap.allocate(8 * rows);
  doublesOf(uniforms, rows).set(draws.map(({ uniform }) => uniform));
  const ids = tf.engine().makeTensorFromTensorInfo(backend.output([rows], 'int32'));
  const logprobs = tf.engine().makeTensorFromTensorInfo(backend.output([rows]));
  const at = backend.address(settings);
  const scratch = kernels.scratch(8 * n * kernels.threads());
  const outputs = [ids, logprobs].map((tensor) => backend.address(tensor));
  kernels.run(
    'sample',
    backend.address(logits),
    scratch,
    at,
    at + 4 * rows,
    uniforms.address,
    ...outputs,
    rows,
    n,
  );
  kernels.heap.free(uniforms);
  return { ids: ids.dataSync() as Int32Array, logprobs: logprobs.dataSync() as Float32Array };
};

/** The smallest logit that belongs to the nucleus; ties at the border belong to it. */
const border = (logits: Float32Array, weights: Float64Array, wanted: number): number => {
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
  let mass = 0;
  for (const id of order) {
    mass += weights[id]!;
    if (mass >= wanted) return logits[id]!;
  }
  return Number.NEGATIVE_INFINITY;
};

/** One row, drawn in JavaScript: what the kernel does. */
export const drawPlain = (
  logits: Float32Array,
  { temperature, topP, uniform }: Draw,
): { id: number; logprob: number } => {
  const top = logits.reduce((best, x) => Math.max(best, x), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (x) => Math.exp((x - top) / (temperature || 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (Number.isNaN(total)) return { id: 0, logprob: Number.NaN };
  if (temperature === 0) {
    const id = logits.indexOf(top);
    return { id, logprob: -Math.log(total) };
  }
  const least = topP < 1 ? border(logits, weights, topP * total) : Number.NEGATIVE_INFINITY;
  const inside = weights.map((weight, id) => (logits[id]! >= least ? weight : 0));
  const mass = inside.reduce((sum, weight) => sum + weight, 0);
  let left = uniform * mass;
  let drawn = -1;
  for (let id = 0; id < inside.length; id++) {
    if (inside[id] === 0) continue;
    drawn = id;
    left -= inside[id]!;
    if (left < 0) break;
  }
  return { id: drawn, logprob: Math.log(inside[drawn]! / mass) };
};

const plainSample = (logits: tf.Tensor2D, draws: readonly Draw[]): Drawn => {
  const [rows, n] = logits.shape;
  const values = logits.dataSync() as Float32Array;
  const drawn = Array.from({ length: rows }, (_, row) =>
    drawPlain(values.subarray(row * n, (row + 1) * n), draws[row]!),
  );
  return {
    ids: Int32Array.from(drawn, ({ id }) => id),
    logprobs: Float32Array.from(drawn, ({ logprob }) => logprob),
  };
};

/**
 * Draws one token a row: temperature first, then top-p. A row's draw depends on its own logits and `draw` alone.
 * @param logits [R, V]
 * @param draws one for each row
 */
export const sampleTokens = (logits: tf.Tensor2D, draws: readonly Draw[]): Drawn => {
  if (draws.length !== logits.shape[0])
    throw new RangeError(`${draws.length} draws for ${logits.shape[0]} rows of logits`);
  const backend = fusedBackend();
  return tf.tidy(
    () => (backend ? fusedSample(backend, logits, draws) : plainSample(logits, draws)) as never,
  ) as unknown as Drawn;
};
