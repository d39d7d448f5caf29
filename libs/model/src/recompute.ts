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
 * f(inputs, constants) that keeps only those for the backward pass and computes everything between again (activation
 * checkpointing, Chen et al. 2016).
 * @param constants tensors that f needs and that get no gradient
 */
export const recomputed = (
  f: (...tensors: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  constants: tf.Tensor[],
): tf.Tensor => {
  const op = tf.customGrad((...all) => {
    const given = all.slice(0, -1) as tf.Tensor[];
    (all.at(-1) as tf.GradSaveFunc)(given);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const learned = saved.slice(0, inputs.length);
      const slopes = innerGradients(() => f(...saved), learned, dy);
      return saved.map((tensor, i) => slopes[i] ?? tf.zerosLike(tensor));
    };
    return { value: f(...given), gradFunc };
  });
  return op(...inputs, ...constants);
};
