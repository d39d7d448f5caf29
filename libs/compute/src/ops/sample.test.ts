import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { floats, openRandom, relativeError, tensorOf } from '../numbers.test-data.ts';
import { openCompute } from '../open-compute.ts';
import { ourBackends } from '../our-backends.test-data.ts';
import { type Draw, type Drawn, drawPlain, sampleTokens } from './sample.ts';

const product = <T, U>(left: readonly T[], right: readonly U[]): [T, U][] =>
  left.flatMap((a) => right.map((b): [T, U] => [a, b]));

const settings = product(product([0, 0.3, 1, 2], [1, 0.9, 0.01]), [0, 0.25, 0.5, 0.999999]).map(
  ([[temperature, topP], uniform]): Draw => ({ temperature, topP, uniform }),
);

/** One draw from each row of values. */
const draw = (values: Float32Array, draws: readonly Draw[]): Drawn => {
  const logits = tensorOf({ shape: [draws.length, values.length / draws.length], values });
  const drawn = sampleTokens(logits as tf.Tensor2D, draws);
  logits.dispose();
  return drawn;
};

const softmax = (logits: readonly number[]): number[] => {
  const weights = logits.map((x) => Math.exp(x));
  const sum = weights.reduce((total, x) => total + x, 0);
  return weights.map((weight) => weight / sum);
};

const suite = (): void => {
  test.each([7, 33, 1000])('%d tokens: as drawPlain draws', (n) => {
    const repeats = 5;
    const draws = Array.from({ length: repeats }, () => settings).flat();
    const logits = floats([draws.length, n], n, 2).values as Float32Array;
    const { ids, logprobs } = draw(logits, draws);
    const expected = draws.map((setting, row) =>
      drawPlain(logits.subarray(row * n, (row + 1) * n), setting),
    );
    expect([...ids]).toEqual(expected.map(({ id }) => id));
    expected.forEach(({ logprob }, row) => {
      expect(logprobs[row], JSON.stringify(draws[row])).toBeCloseTo(logprob, 5);
    });
  });

  test('hand numbers', () => {
    const row = [1, 0.5, 0.25, 0.25].map((p) => Math.log(p));
    const draws: Draw[] = [
      { temperature: 1, topP: 1, uniform: 0 },
      { temperature: 1, topP: 1, uniform: 0.51 },
      // the nucleus of 0.6 is the first two: 2/3 and 1/3
      { temperature: 1, topP: 0.6, uniform: 0.66 },
      { temperature: 1, topP: 0.6, uniform: 0.67 },
      // ties at the border belong to it
      { temperature: 1, topP: 0.76, uniform: 0.999999 },
      { temperature: 0, topP: 1, uniform: 0.999999 },
      // squares: 1, 1/4, 1/16, 1/16
      { temperature: 0.5, topP: 1, uniform: 0.999999 },
    ];
    const { ids, logprobs } = draw(Float32Array.from(draws.flatMap(() => row)), draws);
    expect([...ids]).toEqual([0, 1, 0, 1, 3, 0, 3]);
    const p = [1 / 2, 1 / 4, 2 / 3, 1 / 3, 1 / 8, 1 / 2, 1 / 22];
    expect(relativeError(logprobs, p.map(Math.log))).toBeLessThan(1e-6);
  });

  test('20,000 draws have the frequencies of the softmax', () => {
    const [count, temperature] = [20_000, 1.5];
    const row = [2, 1, 0.5, 0, -1, -2, 2.5];
    const random = openRandom(77);
    const draws = Array.from({ length: count }, () => ({
      temperature,
      topP: 1,
      uniform: random(),
    }));
    const { ids } = draw(Float32Array.from(draws.flatMap(() => row)), draws);
    const chiSquare = softmax(row.map((x) => x / temperature))
      .map((p, id) => [p * count, ids.filter((drawn) => drawn === id).length] as const)
      .reduce((sum, [wanted, seen]) => sum + (seen - wanted) ** 2 / wanted, 0);
    // the 99.9% point of chi-square with 6 degrees of freedom
    expect(chiSquare).toBeLessThan(22.46);
  });

  test('a logit of -Infinity is never drawn', () => {
    const values = new Float32Array(settings.length * 40).fill(Number.NEGATIVE_INFINITY);
    settings.forEach((_, row) => {
      values.set([0.5, 0.25], row * 40 + 3);
      values[row * 40 + 38] = -1;
    });
    const { ids, logprobs } = draw(values, settings);
    expect(new Set(ids)).toEqual(new Set([3, 4, 38]));
    expect(logprobs.every(Number.isFinite)).toBe(true);
  });

  test('logits as far apart as floats can be', () => {
    const draws = [1, 0.9, 1].map((topP, i) => ({ temperature: 1, topP, uniform: i / 4 }));
    const { ids, logprobs } = draw(
      Float32Array.from([1e30, -1e30, 0, -3e38, -3e38, 0, 0, 0, 0]),
      draws,
    );
    expect([...ids]).toEqual([0, 2, 1]);
    expect([...logprobs]).toEqual([0, 0, Math.fround(Math.log(1 / 3))]);
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])(
    'a row of %d gives a token of the vocabulary and NaN',
    (logit) => {
      const draws = settings.filter(({ uniform }) => uniform === 0.5);
      const values = new Float32Array(draws.length * 20).fill(logit);
      const { ids, logprobs } = draw(values, draws);
      expect([...ids].every((id) => id >= 0 && id < 20)).toBe(true);
      expect([...logprobs].every(Number.isNaN)).toBe(true);
    },
  );

  test('as does one NaN among numbers', () => {
    const draws = settings.filter(({ uniform }) => uniform === 0.5);
    for (const at of [0, 5, 19]) {
      const { shape, values } = floats([draws.length, 20], 3);
      draws.forEach((_, row) => {
        values[row * 20 + at] = Number.NaN;
      });
      const { ids, logprobs } = draw(values as Float32Array, draws);
      expect([...ids].every((id) => id >= 0 && id < shape[1]!)).toBe(true);
      expect([...logprobs], `NaN at ${at}`).toEqual(draws.map(() => Number.NaN));
    }
  });

  test('as many draws as rows', () => {
    const logits = tensorOf(floats([3, 4], 5)) as tf.Tensor2D;
    expect(() => sampleTokens(logits, settings.slice(0, 2))).toThrow('2 draws for 3 rows');
  });
};

describe.each([...ourBackends, 'plain'] as const)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
  });
  suite();
});

test.each(ourBackends)('%s draws the same with any number of threads', async (backend) => {
  const logits = floats([settings.length, 100], 9, 3).values as Float32Array;
  const byThreads: Drawn[] = [];
  for (const threads of [1, 2, 3]) {
    await openCompute({ backend, threads });
    byThreads.push(draw(logits, settings));
  }
  expect(byThreads[1]).toEqual(byThreads[0]);
  expect(byThreads[2]).toEqual(byThreads[0]);
});
