import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import { fusedBackend } from '../backend.ts';
import { fusedGradient, fusedKernel, type TensorMap } from '../fused-kernel.ts';
import { gemm, type Layout, packedBytes } from '../gemm.ts';

type ProductAttributes = { readonly layout: Layout };

const sizes = (layout: Layout, a: readonly number[], b: readonly number[]) => ({
  m: layout === 'TN' ? a[1]! : a[0]!,
  k: layout === 'TN' ? a[0]! : a[1]!,
  n: layout === 'NT' ? b[0]! : b[1]!,
});

const productKernel = fusedKernel<ProductAttributes>({
  name: 'CoaProduct',
  run: (backend, { a, b, residual }, { layout }) => {
    const { m, n, k } = sizes(layout, a!.shape, b!.shape);
    const output = backend.output([m, n]);
    const { kernels } = backend;
    const matrices = {
      a: backend.address(a!),
      b: backend.address(b!),
      out: backend.address(output),
    };
    const plus = residual ? backend.address(residual) : 0;
    gemm(
      kernels,
      { layout, m, n, k, ...matrices, residual: plus },
      kernels.scratch(packedBytes(kernels, n, k)),
    );
    return output;
  },
});

const product = (layout: Layout, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  productKernel.call({ a, b }, { layout })[0]!;

const columnSums = fusedKernel<object>({
  name: 'CoaColumnSums',
  run: (backend, { x }) => {
    const [rows, n] = x!.shape as [number, number];
    const output = backend.output([n]);
    backend.kernels.run('sumColumns', backend.address(x!), backend.address(output), rows, n);
    return output;
  },
});

const linearKernel = fusedKernel<object>({
  name: 'CoaLinear',
  run: (backend, { x, weight, bias, residual }) => {
    const { m, n, k } = sizes('NT', x!.shape, weight!.shape);
    const output = backend.output([m, n]);
    const { kernels } = backend;
    const out = backend.address(output);
    const plus = residual ? backend.address(residual) : 0;
    const matrices = { a: backend.address(x!), b: backend.address(weight!), out };
    gemm(
      kernels,
      { layout: 'NT', m, n, k, ...matrices, residual: plus },
      kernels.scratch(packedBytes(kernels, n, k)),
    );
    if (bias) kernels.run('addBias', out, backend.address(bias), out, m, n);
    return output;
  },
});

fusedGradient(linearKernel.name, {
  save: ['x', 'weight'],
  slopes: ([dy], [x, weight]) => ({
    x: () => product('NN', dy!, weight!),
    weight: () => product('TN', dy!, x!),
    bias: () => columnSums.call({ x: dy! }, {})[0]!,
    residual: () => tf.clone(dy!),
  }),
});

/** What is added to a product: `bias` [N] to each row, `residual` [R, N] element by element. */
export type Addends = { readonly bias?: tf.Tensor1D; readonly residual?: tf.Tensor2D };

export const assertAddends = ({ bias, residual }: Addends, rows: number, n: number): void => {
  if (bias) assertSizes('linear: bias', bias, [n]);
  if (residual) assertSizes('linear: residual', residual, [rows, n]);
};

/** `linear` of tfjs's own operations. */
export const linearPlain = (
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  { bias, residual }: Addends = {},
): tf.Tensor2D => {
  const y = tf.matMul(x, weight, false, true);
  const biased = bias ? y.add(bias) : y;
  return (residual ? biased.add(residual) : biased) as tf.Tensor2D;
};

/**
 * x weightᵀ (+ bias + residual).
 * @param x [R, K]
 * @param weight [N, K], as PyTorch's `nn.Linear` keeps it
 * @returns [R, N]
 */
export const linear = (x: tf.Tensor2D, weight: tf.Tensor2D, addends: Addends = {}): tf.Tensor2D => {
  if (x.shape[1] !== weight.shape[1]) {
    throw new RangeError(
      `linear: x is [${x.shape}], weight is [${weight.shape}]; their last sizes must be equal`,
    );
  }
  assertAddends(addends, x.shape[0], weight.shape[0]);
  if (!fusedBackend()) return linearPlain(x, weight, addends);
  const present = Object.entries(addends).filter(([, tensor]) => tensor !== undefined);
  const inputs: TensorMap = { x, weight, ...Object.fromEntries(present) };
  return linearKernel.call(inputs, {})[0] as tf.Tensor2D;
};
