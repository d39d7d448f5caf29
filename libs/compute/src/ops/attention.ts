import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import type { CoaBackend } from '../backend.ts';
import { fusedBackend } from '../backend.ts';
import { fusedGradient, fusedKernel, type Inputs } from '../fused-kernel.ts';

/** Heads of an attention layer; `heads` is a multiple of `kvHeads`, `headDim` is even. */
export type HeadShape = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
};

/** cos and sin of position * theta^(-2i / headDim): [positions, headDim / 2] each. */
export type RopeTables = { readonly cosines: tf.Tensor2D; readonly sines: tf.Tensor2D };

/** Where each token of a [batch, T] block stands. */
export type Places = {
  readonly batch: number;
  /** int32 [batch * T]: position within its own sequence; what RoPE turns by. */
  readonly positions: tf.Tensor1D;
  /** int32 [batch * T]: index in the row of the first token that it sees; packed sequences each have their own. */
  readonly first: tf.Tensor1D;
};

type Attributes = HeadShape & { readonly batch: number };

const slots = { scratch: 9 };

const runAttention = (
  backend: CoaBackend,
  inputs: Inputs,
  outputs: readonly (tf.TensorInfo | null)[],
  attributes: Attributes,
) => {
  const { batch, heads, kvHeads, headDim } = attributes;
  const { qkv, cosines, sines, positions, first } = inputs;
  const length = qkv!.shape[0]! / batch;
  const tensors = [qkv, cosines, sines, positions, first, ...outputs];
  const addresses = tensors.map((tensor) => (tensor ? backend.address(tensor) : 0));
  const values = [...addresses, 0, batch, length, heads, kvHeads, headDim, 1 / Math.sqrt(headDim)];
  const floats = backend.kernels.run('attentionScratch', ...values);
  values[slots.scratch] = backend.kernels.scratch(4 * floats * backend.kernels.threads());
  backend.kernels.run('attention', ...values);
};

const forward = fusedKernel<Attributes>({
  name: 'CoaAttention',
  run: (backend, inputs, attributes) => {
    const rows = inputs.qkv!.shape[0]!;
    const out = backend.output([rows, attributes.heads * attributes.headDim]);
    const logSums = backend.output([rows, attributes.heads]);
    runAttention(backend, inputs, [out, logSums, null, null], attributes);
    return [out, logSums];
  },
});

const backward = fusedKernel<Attributes>({
  name: 'CoaAttentionBackward',
  run: (backend, inputs, attributes) => {
    const slope = backend.output(inputs.qkv!.shape);
    runAttention(backend, inputs, [inputs.out!, inputs.logSums!, inputs.dy!, slope], attributes);
    return slope;
  },
});

fusedGradient<Attributes>(forward.name, {
  save: ['qkv', 'cosines', 'sines', 'positions', 'first'],
  saveOutputs: [true, true],
  slopes: ([dy], [qkv, cosines, sines, positions, first, out, logSums], attributes) => ({
    qkv: () => {
      const inputs = {
        qkv: qkv!,
        cosines: cosines!,
        sines: sines!,
        positions: positions!,
        first: first!,
      };
      return backward.call({ ...inputs, out: out!, logSums: logSums!, dy: dy! }, attributes)[0]!;
    },
  }),
});

/** Turns [batch, T, heads, headDim] by position (rotate-half). */
export const rotatePlain = (x: tf.Tensor4D, cosines: tf.Tensor, sines: tf.Tensor): tf.Tensor4D => {
  const [a, b] = tf.split(x, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  return tf.concat(
    [a.mul(cosines).sub(b.mul(sines)), b.mul(cosines).add(a.mul(sines))],
    3,
  ) as tf.Tensor4D;
};

/** 0 where query i sees key j, else -1e9: [batch, 1, T, T]. */
const maskPlain = (first: tf.Tensor1D, batch: number, length: number): tf.Tensor =>
  tf.tidy(() => {
    const keys = tf.range(0, length, 1, 'int32').reshape([1, 1, 1, length]);
    const queries = tf.range(0, length, 1, 'int32').reshape([1, 1, length, 1]);
    const seen = keys
      .lessEqual(queries)
      .logicalAnd(keys.greaterEqual(first.reshape([batch, 1, length, 1])));
    return tf.sub(1, seen.cast('float32')).mul(-1e9);
  });

/** `causalAttention` of tfjs's own operations. */
export const causalAttentionPlain = (
  qkv: tf.Tensor2D,
  rope: RopeTables,
  places: Places,
  shape: HeadShape,
): tf.Tensor2D => {
  const { heads, kvHeads, headDim } = shape;
  const { batch, positions, first } = places;
  const length = qkv.shape[0] / batch;
  const turn = (table: tf.Tensor2D) =>
    tf.gather(table, positions).reshape([batch, length, 1, headDim / 2]);
  const [cosines, sines] = [turn(rope.cosines), turn(rope.sines)];
  const parts = tf.split(qkv, [heads * headDim, kvHeads * headDim, kvHeads * headDim], 1);
  const split = (x: tf.Tensor, count: number) =>
    x.reshape([batch, length, count, headDim]) as tf.Tensor4D;
  const spread = (x: tf.Tensor4D) =>
    tf
      .tile(x.reshape([batch * length, kvHeads, 1, headDim]), [1, 1, heads / kvHeads, 1])
      .reshape([batch, length, heads, headDim])
      .transpose([0, 2, 1, 3]);
  const q = rotatePlain(split(parts[0]!, heads), cosines, sines).transpose([0, 2, 1, 3]);
  const k = spread(rotatePlain(split(parts[1]!, kvHeads), cosines, sines));
  const v = spread(split(parts[2]!, kvHeads));
  const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(headDim));
  const weights = tf.softmax(scores.add(maskPlain(first, batch, length)));
  return tf
    .matMul(weights, v)
    .transpose([0, 2, 1, 3])
    .reshape([batch * length, heads * headDim]);
};

export const assertRope = ({ cosines, sines }: RopeTables, headDim: number): void => {
  assertSizes('attention: cosines', cosines, [cosines.shape[0], headDim / 2]);
  assertSizes('attention: sines', sines, cosines.shape);
};

const assertShape = (
  qkv: tf.Tensor2D,
  rope: RopeTables,
  { batch, positions, first }: Places,
  { heads, kvHeads, headDim }: HeadShape,
): void => {
  if (heads % kvHeads !== 0 || headDim % 2 !== 0) {
    throw new RangeError(
      `attention: ${heads} heads over ${kvHeads} key-value heads of ${headDim}; heads must divide, headDim must be even`,
    );
  }
  const width = (heads + 2 * kvHeads) * headDim;
  if (qkv.shape[1] !== width || qkv.shape[0] % batch !== 0) {
    throw new RangeError(`attention: qkv is [${qkv.shape}]; [${batch} * T, ${width}] was expected`);
  }
  assertSizes('attention: positions', positions, [qkv.shape[0]]);
  assertSizes('attention: first', first, [qkv.shape[0]]);
  assertRope(rope, headDim);
};

/**
 * Causal self-attention with RoPE (Su et al. 2021) and grouped queries.
 * @param qkv [batch * T, (heads + 2 kvHeads) headDim]: queries, keys, values, not yet turned
 * @returns [batch * T, heads * headDim]
 */
export const causalAttention = (
  qkv: tf.Tensor2D,
  rope: RopeTables,
  places: Places,
  shape: HeadShape,
): tf.Tensor2D => {
  assertShape(qkv, rope, places, shape);
  if (!fusedBackend()) return causalAttentionPlain(qkv, rope, places, shape);
  const { batch, positions, first } = places;
  return forward.call({ qkv, ...rope, positions, first }, { ...shape, batch })[0] as tf.Tensor2D;
};

/** RoPE's tables for positions 0 to `positions` - 1. */
export const ropeTables = (positions: number, headDim: number, theta: number): RopeTables => {
  const half = headDim / 2;
  const angle = (i: number): number => Math.floor(i / half) * theta ** (-(i % half) / half);
  const table = (f: (x: number) => number) =>
    tf.tensor2d(
      Float32Array.from({ length: positions * half }, (_, i) => f(angle(i))),
      [positions, half],
    );
  return { cosines: table(Math.cos), sines: table(Math.sin) };
};
