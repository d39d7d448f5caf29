import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import { fusedBackend } from '../backend.ts';
import { fusedKernel, type TensorMap } from '../fused-kernel.ts';
import { type Addends, assertAddends, linearPlain } from '../ops/linear.ts';

/** A weight laid out for many products with few rows: sampling packs each weight once, not once a token. */
export type PackedWeight = {
  readonly tensor: tf.Tensor;
  readonly outputs: number;
  readonly inputs: number;
};

type Size = { readonly n: number; readonly k: number };

const pack = fusedKernel<Size>({
  name: 'CoaPack',
  run: (backend, { weight }, { n, k }) => {
    const { kernels } = backend;
    const packed = backend.output([Math.ceil(n / kernels.tileColumns) * kernels.tileColumns, k]);
    kernels.run(
      'gemm',
      0,
      backend.address(weight!),
      0,
      0,
      backend.address(packed),
      0,
      n,
      k,
      k,
      k,
      n,
      n,
      1,
      0,
      1,
    );
    return packed;
  },
});

const packedProduct = fusedKernel<Size>({
  name: 'CoaPackedLinear',
  run: (backend, { x, packed, bias, residual }, { n, k }) => {
    const m = x!.shape[0]!;
    const output = backend.output([m, n]);
    const out = backend.address(output);
    const plus = residual ? backend.address(residual) : 0;
    const { kernels } = backend;
    kernels.run(
      'gemm',
      backend.address(x!),
      0,
      plus,
      out,
      backend.address(packed!),
      m,
      n,
      k,
      k,
      k,
      n,
      n,
      1,
      0,
      2,
    );
    if (bias) kernels.run('addBias', out, backend.address(bias), out, m, n);
    return output;
  },
});

/** @param weight [outputs, inputs]; the packed copy is the caller's to dispose of. */
export const packWeight = (weight: tf.Tensor2D): PackedWeight => {
  const [n, k] = weight.shape;
  const tensor = fusedBackend() ? pack.call({ weight }, { n, k })[0]! : weight.clone();
  return { tensor: tf.keep(tensor), outputs: n, inputs: k };
};

/** x weightᵀ (+ bias + residual), not differentiable. The result of a row is the same in every batch. */
export const packedLinear = (
  x: tf.Tensor2D,
  weight: PackedWeight,
  addends: Addends = {},
): tf.Tensor2D => {
  assertSizes('packedLinear: x', x, [x.shape[0], weight.inputs]);
  assertAddends(addends, x.shape[0], weight.outputs);
  if (!fusedBackend()) return linearPlain(x, weight.tensor as tf.Tensor2D, addends);
  const present = Object.entries(addends).filter(([, tensor]) => tensor !== undefined);
  const inputs: TensorMap = { x, packed: weight.tensor, ...Object.fromEntries(present) };
  return packedProduct.call(inputs, { n: weight.outputs, k: weight.inputs })[0] as tf.Tensor2D;
};
