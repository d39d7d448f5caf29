/** A kernel trusts its sizes: what does not fit must not reach it. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCompute } from './open-compute.ts';
import { adamw, addInPlace } from './ops/adamw.ts';
import { causalAttention, ropeTables } from './ops/attention.ts';
import { embedding } from './ops/embedding.ts';
import { tokenScores } from './ops/head.ts';
import { linear } from './ops/linear.ts';
import { packedLinear, packWeight } from './ops/packed-linear.ts';
import { openKvPages, pagedAttention } from './ops/paged-attention.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { swiglu } from './ops/swiglu.ts';
import { ourBackends } from './our-backends.test-data.ts';

const ones = (rows: number, columns: number): tf.Tensor2D => tf.ones([rows, columns]);
const row = (size: number): tf.Tensor1D => tf.ones([size]);
const ints = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');
const variable = (size: number): tf.Variable => tf.variable(tf.zeros([size]));

const shape = { heads: 2, kvHeads: 1, headDim: 4 };
const attend = (changes: {
  readonly width?: number;
  readonly positions?: tf.Tensor1D;
  readonly first?: tf.Tensor1D;
  readonly ropeDim?: number;
}): tf.Tensor => {
  const { width = 16, positions = ints(0, 1), first = ints(0, 0), ropeDim = 4 } = changes;
  const places = { batch: 1, positions, first };
  return causalAttention(ones(2, width), ropeTables(9, ropeDim, 10), places, shape);
};
const attendPaged = (last: number, sequences = ints(0), ropeRows = 99): tf.Tensor => {
  const rows = {
    positions: ints(last),
    sequences,
    tables: tf.tensor2d([[0, 1]], [1, 2], 'int32'),
    last,
  };
  return pagedAttention(
    ones(1, 16),
    ropeTables(ropeRows, 4, 10),
    openKvPages(2, shape),
    rows,
    shape,
  );
};
const update = (m: number, gradient: number): void => {
  const state = { weight: variable(3), m: variable(m), v: variable(3) };
  const rates = { learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, weightDecay: 0 };
  adamw(state, row(gradient), { ...rates, gradientScale: 1, step: 1 });
};

const misuses: [string, () => unknown][] = [
  ['linear: x is [2,3], weight is [5,4]', () => linear(ones(2, 3), ones(5, 4))],
  ['linear: bias is [4]; [5] was', () => linear(ones(2, 3), ones(5, 3), { bias: row(4) })],
  ['residual is [1,5]; [2,5] was', () => linear(ones(2, 3), ones(5, 3), { residual: ones(1, 5) })],
  ['packedLinear: x is [2,4]; [2,3] was', () => packedLinear(ones(2, 4), packWeight(ones(5, 3)))],
  ['rmsNorm: weight is [2]; [3] was', () => rmsNorm(ones(2, 3), row(2), 1)],
  ['swiglu: gateUp is [2,3]', () => swiglu(ones(2, 3))],
  ['weight is [5,4]; [5,3] was', () => tokenScores(ones(2, 3), ones(5, 4), ints(0, 0))],
  ['targets is [1]; [2] was', () => tokenScores(ones(2, 3), ones(5, 3), ints(0))],
  ['adamw: gradient is [4]; [3] was', () => update(3, 4)],
  ['adamw: m is [2]; [3] was', () => update(2, 3)],
  ['addInPlace: part is [4]; [3] was', () => addInPlace(variable(3), row(4))],
  ['qkv is [2,12]; [1 * T, 16] was', () => attend({ width: 12 })],
  [
    '3 heads over 2 key-value heads',
    () =>
      causalAttention(
        ones(2, 28),
        ropeTables(9, 4, 10),
        { batch: 1, positions: ints(0, 1), first: ints(0, 0) },
        { heads: 3, kvHeads: 2, headDim: 4 },
      ),
  ],
  ['positions is [1]; [2] was', () => attend({ positions: ints(0) })],
  ['first is [3]; [2] was', () => attend({ first: ints(0, 0, 0) })],
  ['cosines is [9,3]; [9,2] was', () => attend({ ropeDim: 6 })],
  ['position 32 is past the 32', () => attendPaged(32)],
  ['position 9 is past the 9', () => attendPaged(9, ints(0), 9)],
  ['sequences is [2]; [1] was', () => attendPaged(0, ints(0, 0))],
];

describe.each([...ourBackends, 'plain'] as const)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 1 });
  });

  test.each(misuses)('%s', (message, misuse) => {
    expect(misuse).toThrow(message);
    expect(misuse).toThrow(RangeError);
  });
});

describe.each(ourBackends)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 1 });
  });

  test.each<[string, () => unknown]>([
    ['target 5 is not in a vocabulary of 5', () => tokenScores(ones(2, 3), ones(5, 3), ints(0, 5))],
    ['id 5 at 1 is not a row of a table of 5', () => embedding(ones(5, 3), ints(0, 5))],
    ['id -1 at 0 is not a row of a table of 5', () => embedding(ones(5, 3), ints(-1, 4))],
  ])('%s', (message, misuse) => {
    expect(misuse).toThrow(message);
  });
});
