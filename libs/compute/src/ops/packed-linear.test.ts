import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { floats, type Plain, relativeError, sameBits, tensorOf } from '../numbers.test-data.ts';
import { openCompute } from '../open-compute.ts';
import { ourBackends } from '../our-backends.test-data.ts';
import { type Addends, linear } from './linear.ts';
import { packedLinear, packWeight } from './packed-linear.ts';

const [rows, k, n] = [50, 300, 70];
const plain = {
  x: floats([rows, k], 1),
  weight: floats([n, k], 2),
  bias: floats([n], 3),
  residual: floats([rows, n], 4),
};
const rowsOf = ({ shape, values }: Plain, from: number, count: number): Plain => ({
  shape: [count, shape[1]!],
  values: values.slice(from * shape[1]!, (from + count) * shape[1]!),
});

/** Rows `from` and `count` - 1 after it, by each product. */
const productsOf = (from: number, count: number): Record<'linear' | 'packed', Float32Array> => {
  const [x, weight] = [rowsOf(plain.x, from, count), plain.weight].map(tensorOf) as tf.Tensor2D[];
  const addends = {
    bias: tensorOf(plain.bias),
    residual: tensorOf(rowsOf(plain.residual, from, count)),
  } as Addends;
  const packed = packWeight(weight!);
  const results = {
    linear: linear(x!, weight!, addends).dataSync() as Float32Array,
    packed: packedLinear(x!, packed, addends).dataSync() as Float32Array,
  };
  packed.tensor.dispose();
  return results;
};

describe.each(ourBackends)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
  });

  test.each(['linear', 'packed'] as const)('a %s row is the same in every batch', (product) => {
    const whole = productsOf(0, rows)[product];
    for (const [from, count] of [0, 13, 48, 49].flatMap((row) => [
      [row, 1],
      [row, Math.min(15, rows - row)],
    ]) as [number, number][]) {
      const part = whole.slice(from * n, (from + count) * n);
      expect(sameBits(productsOf(from, count)[product], part), `${count} from ${from}`).toBe(true);
    }
  });

  test('a packed weight gives the bits of the weight itself', () => {
    const { linear: direct, packed } = productsOf(0, rows);
    expect(sameBits(packed, direct)).toBe(true);
  });

  test('many outputs, past one column superblock', async () => {
    const inputs = [floats([2, 5], 5), floats([4100, 5], 6)];
    const [x, weight] = inputs.map(tensorOf) as tf.Tensor2D[];
    const fused = packedLinear(x!, packWeight(weight!)).dataSync();
    await openCompute({ backend: 'plain' });
    const [plainX, plainWeight] = inputs.map(tensorOf) as tf.Tensor2D[];
    const expected = packedLinear(plainX!, packWeight(plainWeight!)).dataSync();
    await openCompute({ backend, threads: 2 });
    expect(relativeError(fused, expected)).toBeLessThan(1e-6);
  });
});
