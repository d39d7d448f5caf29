/** Plain arrays to make tensors of, and how results are compared. */
import * as tf from '@tensorflow/tfjs-core';

/** Uniform in [0, 1): a linear congruential generator, its high bits. */
export const openRandom = (seed: number): (() => number) => {
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 40n) / 2 ** 24;
  };
};

/** A tensor's shape and values, tied to no backend. */
export type Plain = {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** Roughly normal, mean 0, deviation `scale`. */
export const floats = (shape: readonly number[], seed: number, scale = 1): Plain => {
  const random = openRandom(seed);
  const normal = (): number => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => scale * normal()) };
};

/** Whole numbers from `from` to `below` - 1. */
export const integers = (
  count: number,
  seed: number,
  { from = 0, below }: { readonly from?: number; readonly below: number },
): Plain => {
  const random = openRandom(seed);
  const next = (): number => from + Math.floor(random() * (below - from));
  return { shape: [count], values: Int32Array.from({ length: count }, next) };
};

export const tensorOf = ({ shape, values }: Plain): tf.Tensor =>
  tf.tensor(values.slice(), [...shape], values instanceof Int32Array ? 'int32' : 'float32');

/** The greatest difference, as a part of the greatest expected value; Infinity where NaN stands against a number. */
export const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (actual.length !== expected.length)
    throw new RangeError(`${actual.length} values, ${expected.length} expected`);
  let [worst, most] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(expected[i]!) || 0);
  return most === 0 ? worst : worst / most;
};

export type Results = Readonly<Record<string, Float32Array>>;

export const relativeErrors = (actual: Results, expected: Results): Record<string, number> =>
  Object.fromEntries(
    Object.entries(expected).map(([name, values]) => [name, relativeError(actual[name]!, values)]),
  );

/** Names of the results whose bits differ. */
export const differing = (actual: Results, expected: Results): string[] =>
  Object.keys(expected).filter((name) => !sameBits(actual[name]!, expected[name]!));

export const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
