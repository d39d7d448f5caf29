import { seededRng } from '@coa/core';
import { expect, test } from 'vitest';
import { stratifiedContrast } from './contrast.ts';
import { meanWithInterval } from './interval.ts';
import { pairedDifference } from './paired.ts';

const options = () => ({ level: 0.95, resamples: 100_000, rng: seededRng(3) });

/** Forty questions with one to three repeats each. */
const clustered = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 1 + (i % 3) }, (_, repeat) => ({
    cluster: `q${i}`,
    value: ((7 * i + 5 * repeat) % 11) / 10,
  })),
).flat();

const side = (of: (i: number) => number) =>
  Array.from({ length: 60 }, (_, i) => ({ cluster: `q${i}`, value: of(i) }));
const a = side((i) => ((3 * i) % 7) / 6);
const b = side((i) => ((5 * i) % 9) / 8);

// scipy 1.17.1: stats.bootstrap(method='percentile', n_resamples=400000); its own Monte Carlo error at the ends is about 2e-4
test('whole questions drawn: as scipy, drawing sums and counts of questions together (paired=True)', () => {
  const { mean, low, high, method, clusters } = meanWithInterval(clustered, options());
  expect({ method, clusters }).toEqual({ method: 'bootstrap', clusters: 40 });
  expect(mean).toBeCloseTo(0.4886075949367088, 14);
  expect(Math.abs(low - 0.43108108108108106)).toBeLessThan(1e-3);
  expect(Math.abs(high - 0.5480519480519481)).toBeLessThan(1e-3);
});

test('paired differences: as scipy on the differences', () => {
  const { difference, low, high } = pairedDifference(a, b, options());
  expect(difference).toBeCloseTo(0.003472222222222208, 14);
  expect(Math.abs(low + 0.11180555555555557)).toBeLessThan(1.5e-3);
  expect(Math.abs(high - 0.11944444444444444)).toBeLessThan(1.5e-3);
  const values = a.map(({ value }, i) => value - b[i]!.value);
  const one = stratifiedContrast([{ coefficient: 1, values }], options());
  expect(Math.abs(one.low + 0.11180555555555557)).toBeLessThan(1.5e-3);
  expect(Math.abs(one.high - 0.11944444444444444)).toBeLessThan(1.5e-3);
});
