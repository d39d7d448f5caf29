import type * as tf from '@tensorflow/tfjs-core';

/** Throws where a tensor's sizes are others: a kernel would read or write past its end. */
export const assertSizes = (
  what: string,
  { shape }: tf.Tensor,
  expected: readonly number[],
): void => {
  if (shape.length !== expected.length || shape.some((size, i) => size !== expected[i]))
    throw new RangeError(`${what} is [${shape}]; [${expected}] was expected`);
};
