import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import { fusedBackend } from '../backend.ts';
import { fusedGradient, fusedKernel, retireLater } from '../fused-kernel.ts';

type Attributes = { readonly epsilon: number };

/** Rows whose part of a weight's gradient is summed at a time (SUM_GRAIN of rows.h). */
const sumGrain = 64;

const forward = fusedKernel<Attributes>({
  name: 'CoaRmsNorm',
  run: (backend, { x, weight }, { epsilon }) => {
    const [rows, n] = x!.shape as [number, number];
    const [y, inverse] = [backend.output([rows, n]), backend.output([rows])];
    const addresses = [x!, weight!, y, inverse].map((tensor) => backend.address(tensor));
    backend.kernels.run('rmsNorm', ...addresses, rows, n, epsilon);
    return [y, inverse];
  },
});

const backward = fusedKernel<object>({
  name: 'CoaRmsNormBackward',
  run: (backend, { x, weight, dy, inverse }) => {
    const [rows, n] = x!.shape as [number, number];
    const [dx, dWeight] = [backend.output([rows, n]), backend.output([n])];
    const addresses = [x!, weight!, dy!, inverse!, dx, dWeight].map((tensor) =>
      backend.address(tensor),
    );
    const partial = backend.kernels.scratch(4 * n * Math.ceil(rows / sumGrain));
    backend.kernels.run('rmsNormBackward', ...addresses, partial, rows, n);
    return [dx, dWeight];
  },
});

fusedGradient(forward.name, {
  save: ['x', 'weight'],
  saveOutputs: [false, true],
  slopes: ([dy], [x, weight, inverse]) => {
    let both: tf.Tensor[] | undefined;
    // one call makes both, and each or only one of them is asked for
    const slopes = (): tf.Tensor[] => {
      if (both) return both;
      both = backward
        .call({ x: x!, weight: weight!, dy: dy!, inverse: inverse! }, {})
        .map((slope) => tf.keep(slope));
      retireLater(both);
      return both;
    };
    return { x: () => tf.clone(slopes()[0]!), weight: () => tf.clone(slopes()[1]!) };
  },
});

/** `rmsNorm` of tfjs's own operations. */
export const rmsNormPlain = (x: tf.Tensor2D, weight: tf.Tensor1D, epsilon: number): tf.Tensor2D =>
  x.mul(x.square().mean(-1, true).add(epsilon).rsqrt()).mul(weight);

/**
 * x / sqrt(mean(x²) + epsilon) * weight, row by row (Zhang & Sennrich 2019).
 * @param x [R, n]
 * @param weight [n]
 */
export const rmsNorm = (x: tf.Tensor2D, weight: tf.Tensor1D, epsilon: number): tf.Tensor2D => {
  assertSizes('rmsNorm: weight', weight, [x.shape[1]]);
  if (!fusedBackend()) return rmsNormPlain(x, weight, epsilon);
  return forward.call({ x, weight }, { epsilon })[0] as tf.Tensor2D;
};
