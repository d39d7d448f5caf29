import * as tf from '@tensorflow/tfjs-core';
import { fusedBackend } from '../backend.ts';
import { fusedGradient, fusedKernel } from '../fused-kernel.ts';

const forward = fusedKernel<object>({
  name: 'CoaSwiglu',
  run: (backend, { gateUp }) => {
    const [rows, n] = [gateUp!.shape[0]!, gateUp!.shape[1]! / 2];
    const y = backend.output([rows, n]);
    backend.kernels.run('swiglu', backend.address(gateUp!), backend.address(y), rows, n);
    return y;
  },
});

const backward = fusedKernel<object>({
  name: 'CoaSwigluBackward',
  run: (backend, { gateUp, dy }) => {
    const [rows, n] = dy!.shape as [number, number];
    const slope = backend.output([rows, 2 * n]);
    backend.kernels.run(
      'swigluBackward',
      backend.address(gateUp!),
      backend.address(dy!),
      backend.address(slope),
      rows,
      n,
    );
    return slope;
  },
});

fusedGradient(forward.name, {
  save: ['gateUp'],
  slopes: ([dy], [gateUp]) => ({
    gateUp: () => backward.call({ gateUp: gateUp!, dy: dy! }, {})[0]!,
  }),
});

/** `swiglu` of tfjs's own operations. */
export const swigluPlain = (gateUp: tf.Tensor2D): tf.Tensor2D => {
  const [gate, up] = tf.split(gateUp, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  return gate.mul(gate.sigmoid()).mul(up);
};

/**
 * gate * sigmoid(gate) * up (Shazeer 2020).
 * @param gateUp [R, 2n]: gate, then up
 * @returns [R, n]
 */
export const swiglu = (gateUp: tf.Tensor2D): tf.Tensor2D => {
  if (gateUp.shape[1] % 2 !== 0)
    throw new RangeError(`swiglu: gateUp is [${gateUp.shape}]; its columns must be even in number`);
  return fusedBackend() ? (forward.call({ gateUp }, {})[0] as tf.Tensor2D) : swigluPlain(gateUp);
};
