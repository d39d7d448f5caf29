import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import type { CoaBackend } from '../backend.ts';
import { fusedBackend } from '../backend.ts';
import { fusedKernel } from '../fused-kernel.ts';
import { gemm, packedBytes } from '../gemm.ts';

export type HeadOptions = {
  /** Logits are divided by it. */
  readonly temperature?: number;
  /** The weight gets no gradient. */
  readonly frozen?: boolean;
  /**
   * [R]: the slopes d loss / d logprob that the caller will ask for. Where the backward pass asks for just these, the
   * gradients of the forward pass are used and the logits are not computed twice; any other slopes are right as well.
   */
  readonly expectedSlopes?: Float32Array;
};

export type TokenScores = {
  /** [R]: natural log-probability of each target; 0 where the target is negative. */
  readonly logprobs: tf.Tensor1D;
  /** [R]: entropy of each distribution, in nats. */
  readonly entropies: tf.Tensor1D;
};

/** Logits are held for this many bytes of rows at a time. */
const logitBytes = 128 * 1024 * 1024;

type Attributes = { readonly temperature: number; readonly weightSlope: boolean };

type Chunk = { readonly row: number; readonly rows: number };

const chunksOf = (rows: number, vocabulary: number): Chunk[] => {
  const most = Math.max(16, Math.floor(logitBytes / 4 / vocabulary));
  const count = Math.max(1, Math.ceil(rows / most));
  const size = Math.ceil(rows / count);
  return Array.from({ length: count }, (_, i) => ({
    row: i * size,
    rows: Math.min(size, rows - i * size),
  }));
};

type Addresses = {
  readonly hidden: number;
  readonly weight: number;
  readonly targets: number;
  /** [2, R]: logprobs, entropies; 0 = not wanted. */
  readonly scores: number;
  /** [2, R]: slopes of both; 0 = forward only. */
  readonly slopes: number;
  readonly dHidden: number;
  /** 0 = not wanted. */
  readonly dWeight: number;
};

const at = (address: number, floats: number): number => (address === 0 ? 0 : address + 4 * floats);

type Shape = { readonly rows: number; readonly vocabulary: number; readonly width: number };

/** Gradients of one chunk, from logits that have become slopes. */
const runBackward = (
  { kernels }: CoaBackend,
  to: Addresses,
  { vocabulary: n, width: k }: Shape,
  { row, rows }: Chunk,
  { slopes, packed }: { readonly slopes: number; readonly packed: number },
): void => {
  const dHidden = at(to.dHidden, row * k);
  gemm(
    kernels,
    { layout: 'NN', m: rows, n: k, k: n, a: slopes, b: to.weight, out: dHidden },
    packed,
  );
  if (to.dWeight === 0) return;
  const sum = { a: slopes, b: at(to.hidden, row * k), out: to.dWeight, accumulate: row > 0 };
  gemm(kernels, { layout: 'TN', m: n, n: k, k: rows, ...sum }, packed);
};

/** One chunk of rows: logits, their log-softmax, and where asked for the gradients. */
const runChunk = (
  backend: CoaBackend,
  to: Addresses,
  shape: Shape,
  chunk: Chunk,
  temperature: number,
): void => {
  const { kernels } = backend;
  const { vocabulary: n, width: k } = shape;
  const { row, rows } = chunk;
  const most = Math.max(packedBytes(kernels, n, k), packedBytes(kernels, k, Math.max(n, rows)));
  const logitsEnd = Math.ceil((4 * rows * n) / 64) * 64;
  const logits = kernels.scratch(logitsEnd + most);
  const packed = logits + logitsEnd;
  const hidden = at(to.hidden, row * k);
  gemm(kernels, { layout: 'NT', m: rows, n, k, a: hidden, b: to.weight, out: logits }, packed);
  const scores = [at(to.scores, row), at(to.scores, shape.rows + row)];
  const slopes = [at(to.slopes, row), at(to.slopes, shape.rows + row)];
  const sizes = [rows, n, 1 / temperature];
  kernels.run('headRows', logits, at(to.targets, row), ...scores, ...slopes, ...sizes);
  if (to.slopes !== 0) runBackward(backend, to, shape, chunk, { slopes: logits, packed });
};

/** Outputs [2, R] logprobs and entropies; with `slopes` also d hidden and, where asked for, d weight. */
const headKernel = fusedKernel<Attributes>({
  name: 'CoaHead',
  run: (backend, { hidden, weight, targets, slopes }, { temperature, weightSlope }) => {
    const [rows, k] = hidden!.shape as [number, number];
    const n = weight!.shape[0]!;
    const scores = backend.output([2, rows]);
    const dHidden = slopes ? backend.output([rows, k]) : null;
    const dWeight = slopes && weightSlope ? backend.output([n, k]) : null;
    const address = (tensor: tf.TensorInfo | null | undefined) =>
      tensor ? backend.address(tensor) : 0;
    const to: Addresses = {
      hidden: address(hidden),
      weight: address(weight),
      targets: address(targets),
      scores: address(scores),
      slopes: address(slopes),
      dHidden: address(dHidden),
      dWeight: address(dWeight),
    };
    const shape = { rows, vocabulary: n, width: k };
    for (const chunk of chunksOf(rows, n)) runChunk(backend, to, shape, chunk, temperature);
    return [scores, dHidden, dWeight].filter((tensor) => tensor !== null);
  },
});

const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
};

/** The differentiable [2, R] scores of the fused head. */
const fusedScores = (
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  options: HeadOptions,
): tf.Tensor => {
  const { temperature = 1, frozen = false, expectedSlopes } = options;
  const attributes = { temperature, weightSlope: !frozen };
  const rows = hidden.shape[0];
  const expected =
    expectedSlopes && Float32Array.from({ length: 2 * rows }, (_, i) => expectedSlopes[i] ?? 0);
  const op = tf.customGrad((...inputs) => {
    const save = inputs.at(-1) as tf.GradSaveFunc;
    const [h, w = weight] = inputs.slice(0, -1) as tf.Tensor2D[];
    const slopes = expected && tf.tensor2d(expected, [2, rows]);
    const given = { hidden: h!, weight: w, targets };
    const [scores, ...ready] = headKernel.call(slopes ? { ...given, slopes } : given, attributes);
    save([h!, w, targets, ...ready]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedHidden, savedWeight, savedTargets, ...kept] = saved as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor1D,
      ];
      if (expected && sameNumbers(dy.dataSync(), expected))
        return (kept as tf.Tensor[]).map((slope) => tf.clone(slope));
      const asked = { hidden: savedHidden, weight: savedWeight, targets: savedTargets, slopes: dy };
      return headKernel.call(asked, attributes).slice(1);
    };
    return { value: scores!, gradFunc };
  });
  return frozen ? op(hidden) : op(hidden, weight);
};

const plainScores = (
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  temperature: number,
): TokenScores => {
  const logits = tf.matMul(hidden, weight, false, true).div(temperature) as tf.Tensor2D;
  const present = targets.greaterEqual(0).cast('float32');
  const picked = hidden.mul(tf.gather(weight, targets.relu())).sum(-1).div(temperature);
  const logSums = tf.logSumExp(logits, -1);
  const expectation = tf.softmax(logits).mul(logits).sum(-1);
  return {
    logprobs: picked.sub(logSums).mul(present),
    entropies: logSums.sub(expectation).mul(present),
  };
};

/** The same values as a tensor that gradients do not lead back from. */
const untaped = ({ dataId, shape, dtype }: tf.Tensor2D): tf.Tensor2D => {
  tf.backend().incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as tf.Tensor2D;
};

/** `tokenScores` of tfjs's own operations. */
export const tokenScoresPlain = (
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  { temperature = 1, frozen = false }: HeadOptions = {},
): TokenScores => plainScores(hidden, frozen ? untaped(weight) : weight, targets, temperature);

/**
 * Log-probabilities and entropies of the language-model head, differentiable in both; logits are never whole in memory.
 * @param hidden [R, d]
 * @param weight [V, d]
 * @param targets int32 [R]; negative = this row counts for nothing
 */
export const tokenScores = (
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  targets: tf.Tensor1D,
  options: HeadOptions = {},
): TokenScores => {
  assertSizes('tokenScores: weight', weight, [weight.shape[0], hidden.shape[1]]);
  assertSizes('tokenScores: targets', targets, [hidden.shape[0]]);
  if (!fusedBackend()) return tokenScoresPlain(hidden, weight, targets, options);
  const largest = Math.max(-1, ...chunkMaxima(targets.dataSync() as Int32Array));
  if (largest >= weight.shape[0])
    throw new RangeError(`target ${largest} is not in a vocabulary of ${weight.shape[0]}`);
  const scores = fusedScores(hidden, weight, targets, options);
  const [logprobs, entropies] = tf.unstack(scores) as [tf.Tensor1D, tf.Tensor1D];
  return { logprobs, entropies };
};

/** The largest of each 1,024 values: few enough to spread into a call. */
const chunkMaxima = (values: Int32Array): number[] =>
  Array.from({ length: Math.ceil(values.length / 1024) }, (_, i) =>
    Math.max(...values.subarray(i * 1024, (i + 1) * 1024)),
  );
