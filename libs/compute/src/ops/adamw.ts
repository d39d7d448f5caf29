import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import { fusedBackend } from '../backend.ts';

export type AdamwOptions = {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The gradient is multiplied by it first (clipping, averaging). */
  readonly gradientScale: number;
  /** Number of this update, from 1. */
  readonly step: number;
};

/** A parameter with its two moments; all three change in place. */
export type AdamwState = {
  readonly weight: tf.Variable;
  readonly m: tf.Variable;
  readonly v: tf.Variable;
};

const plainUpdate = (
  { weight, m, v }: AdamwState,
  gradient: tf.Tensor,
  options: AdamwOptions,
): void =>
  tf.tidy(() => {
    const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, step } = options;
    const g = gradient.mul(gradientScale);
    m.assign(m.mul(beta1).add(g.mul(1 - beta1)));
    v.assign(v.mul(beta2).add(g.square().mul(1 - beta2)));
    const size = v
      .sqrt()
      .div(Math.sqrt(1 - beta2 ** step))
      .add(epsilon);
    const move = m.div(size).mul(learningRate / (1 - beta1 ** step));
    weight.assign(weight.mul(1 - learningRate * weightDecay).sub(move));
  });

/** One AdamW update (Loshchilov & Hutter 2019), as torch.optim.AdamW computes it. */
export const adamw = (state: AdamwState, gradient: tf.Tensor, options: AdamwOptions): void => {
  for (const [what, tensor] of Object.entries({ m: state.m, v: state.v, gradient }))
    assertSizes(`adamw: ${what}`, tensor, state.weight.shape);
  const backend = fusedBackend();
  if (!backend) {
    plainUpdate(state, gradient, options);
    return;
  }
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, step } = options;
  const addresses = [state.weight, state.m, state.v, gradient].map((tensor) =>
    backend.address(tensor),
  );
  const rates = [learningRate, beta1, beta2, epsilon, weightDecay, gradientScale];
  backend.kernels.run(
    'adamw',
    ...addresses,
    gradient.size,
    ...rates,
    1 - beta1 ** step,
    1 - beta2 ** step,
  );
};

const flatGrain = 16384;

/** Sum of squares of all values, added up in double precision and in a fixed order. */
export const sumOfSquares = (x: tf.Tensor): number => {
  const backend = fusedBackend();
  if (!backend) return tf.tidy(() => x.square().sum().dataSync()[0]!);
  const partial = backend.kernels.scratch(8 * Math.ceil(x.size / flatGrain));
  return backend.kernels.run('sumSquares', backend.address(x), partial, x.size);
};

/** total += part, in place. */
export const addInPlace = (total: tf.Variable, part: tf.Tensor): void => {
  assertSizes('addInPlace: part', part, total.shape);
  const backend = fusedBackend();
  if (!backend) {
    tf.tidy(() => total.assign(total.add(part)));
    return;
  }
  const to = backend.address(total);
  backend.kernels.run('add', to, backend.address(part), to, total.size);
};
