import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { floats, relativeError, sameBits, tensorOf } from '../numbers.test-data.ts';
import { openCompute } from '../open-compute.ts';
import { ourBackends } from '../our-backends.test-data.ts';
import { type AdamwOptions, type AdamwState, adamw, addInPlace, sumOfSquares } from './adamw.ts';

const variableOf = (values: ArrayLike<number>): tf.Variable => {
  const tensor = tf.tensor1d(Float32Array.from(values));
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
};

const options = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  gradientScale: 0.25,
};

/** Loshchilov & Hutter's algorithm 2 in double precision; weight, m and v after each step. */
const updateExactly = (
  state: { w: number; m: number; v: number },
  gradient: number,
  { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, step }: AdamwOptions,
): void => {
  const g = gradient * gradientScale;
  state.m = beta1 * state.m + (1 - beta1) * g;
  state.v = beta2 * state.v + (1 - beta2) * g * g;
  const [m, v] = [state.m / (1 - beta1 ** step), state.v / (1 - beta2 ** step)];
  state.w -= learningRate * (m / (Math.sqrt(v) + epsilon) + weightDecay * state.w);
};

/** More than one task for the pool, and an odd end. */
const size = 40_003;
const weights = floats([size], 1).values;
const gradients = Array.from({ length: 5 }, (_, i) => floats([size], 10 + i).values);

/** weight, m and v after five steps. */
const fiveSteps = (changes: Partial<AdamwOptions> = {}): Float32Array[] => {
  const state: AdamwState = {
    weight: variableOf(weights),
    m: variableOf(new Float32Array(size)),
    v: variableOf(new Float32Array(size)),
  };
  gradients.forEach((values, i) => {
    const gradient = tf.tensor1d(values as Float32Array);
    adamw(state, gradient, { ...options, ...changes, step: i + 1 });
    gradient.dispose();
  });
  return [state.weight, state.m, state.v].map((variable) => {
    const values = variable.dataSync() as Float32Array;
    variable.dispose();
    return values;
  });
};

const fiveStepsExactly = (changes: Partial<AdamwOptions> = {}): number[][] => {
  const states = Array.from(weights, (w) => ({ w, m: 0, v: 0 }));
  gradients.forEach((values, i) => {
    states.forEach((state, j) => {
      updateExactly(state, values[j]!, { ...options, ...changes, step: i + 1 });
    });
  });
  return [states.map(({ w }) => w), states.map(({ m }) => m), states.map(({ v }) => v)];
};

const known = new Map<Partial<AdamwOptions>, number[][]>();
const exactlyOf = (changes: Partial<AdamwOptions>): number[][] => {
  const exact = known.get(changes) ?? fiveStepsExactly(changes);
  known.set(changes, exact);
  return exact;
};

const settings: [string, Partial<AdamwOptions>][] = [
  ['decay and a scaled gradient', {}],
  ['no decay', { weightDecay: 0, gradientScale: 1 }],
  ['an epsilon that decides', { epsilon: 0.5, beta1: 0.5, beta2: 0.999 }],
];

describe.each([...ourBackends, 'plain'] as const)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
  });

  test.each(settings)('five updates with %s', (_, changes) => {
    const exact = exactlyOf(changes);
    const steps = fiveSteps(changes);
    steps.forEach((values, i) => {
      expect(relativeError(values, exact[i]!), ['weight', 'm', 'v'][i]).toBeLessThan(1e-6);
    });
    // the update itself, not just the weight that it moves
    const moved = (after: ArrayLike<number>) => Array.from(weights, (w, i) => after[i]! - w);
    expect(relativeError(moved(steps[0]!), moved(exact[0]!))).toBeLessThan(1e-4);
  });

  test('hand numbers: the first step is the learning rate long', () => {
    const state = { weight: variableOf([1, 1]), m: variableOf([0, 0]), v: variableOf([0, 0]) };
    const gradient = tf.tensor1d([3, -0.001]);
    adamw(state, gradient, { ...options, epsilon: 0, step: 1 });
    // 1 - 0.01 * 0.1, then 0.01 against the gradient's sign
    expect(relativeError(state.weight.dataSync(), [0.989, 1.009])).toBeLessThan(1e-6);
  });

  test('sumOfSquares', () => {
    for (const n of [1, 255, 257, 16_384, size]) {
      const values = floats([n], n, 3).values as Float32Array;
      const exact = values.reduce((sum, x) => sum + x * x, 0);
      const x = tf.tensor1d(values);
      expect(Math.abs(sumOfSquares(x) / exact - 1), `${n}`).toBeLessThan(1e-6);
      x.dispose();
    }
  });

  test('addInPlace', () => {
    const total = variableOf(weights);
    const part = tensorOf({ shape: [size], values: gradients[0]! });
    addInPlace(total, part);
    addInPlace(total, part);
    const expected = Float32Array.from(weights, (w, i) => {
      const g = gradients[0]![i]!;
      return Math.fround(w + g) + g;
    });
    expect(sameBits(total.dataSync() as Float32Array, expected)).toBe(true);
    expect(part.dataSync()).toEqual(gradients[0]);
    for (const tensor of [total, part]) tensor.dispose();
  });
});

test.each(ourBackends)('%s: threads do not matter', async (backend) => {
  const results: Float32Array[][] = [];
  for (const threads of [1, 2, 3]) {
    await openCompute({ backend, threads });
    const squares = sumOfSquares(tensorOf({ shape: [size], values: weights }));
    results.push([...fiveSteps(), Float32Array.of(squares, squares - Math.fround(squares))]);
  }
  for (const result of results.slice(1))
    result.forEach((values, i) => {
      expect(sameBits(values, results[0]![i]!)).toBe(true);
    });
});
