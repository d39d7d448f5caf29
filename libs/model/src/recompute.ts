import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients inside a backward pass. tfjs has one tape: the outer one is set aside, because an inner pass that ends clears
 * it.
 */
const innerGradients = (f: () => tf.Tensor, inputs: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] => {
  const engine = tf.engine();
  const { activeTape } = engine.state;
  try {
    return engine.gradients(f, inputs, dy, true).grads;
  } finally {
    engine.state.activeTape = activeTape;
  }
};

/**
 * f(inputs) that keeps only its inputs for the backward pass and computes everything between again (activation
 * checkpointing, Chen et al. 2016).
 */
export const recomputed = (
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): tf.Tensor => {
  const op = tf.customGrad((...all) => {
    const given = all.slice(0, -1) as tf.Tensor[];
    (all.at(-1) as tf.GradSaveFunc)(given);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const slopes = innerGradients(() => f(...saved), saved, dy);
      return slopes.map((slope, i) => slope ?? tf.zerosLike(saved[i]!));
    };
    return { value: f(...given), gradFunc };
  });
  return op(...inputs);
};
