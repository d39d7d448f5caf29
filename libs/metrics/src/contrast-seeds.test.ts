import { seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { boundsOf, crossedEffect, seededContrast, tailsOf } from './contrast-seeds.ts';

const resamples = 40_000;

test('seeds alone: the interval is Student’s, with one degree of freedom less than seeds', () => {
  const still = (bySeed: number[]) =>
    crossedEffect({ effect: 0, bySeed, redraw: () => 0 }, { resamples, rng: seededRng(1) });
  const half = (bySeed: number[]) => {
    const { low, high } = boundsOf(still(bySeed), { lower: 0.025, upper: 0.025 });
    return (high - low) / 2;
  };
  // t tables: 4.303 at 2 degrees of freedom, 2.776 at 4; standard errors 1 / sqrt 3 and sqrt(2.5 / 5)
  expect(half([-1, 0, 1]) / (4.303 / Math.sqrt(3))).toBeCloseTo(1, 1);
  expect(half([-2, -1, 0, 1, 2]) / (2.776 * Math.sqrt(0.5))).toBeCloseTo(1, 1);
  expect(half([0.3])).toBe(0);
});

test('questions alone: a bootstrap over them within strata, seeds together', () => {
  const alike = (value: number) => Float64Array.from([value, value]);
  const strata = [
    { coefficient: 0.5, values: Array.from({ length: 400 }, (_, i) => alike(Number(i % 4 === 0))) },
    { coefficient: 0.5, values: Array.from({ length: 100 }, (_, i) => alike(Number(i % 2 === 0))) },
  ];
  const found = seededContrast(strata, { resamples: 4_000, rng: seededRng(1) });
  expect(found.effect).toBeCloseTo(0.375, 12);
  expect(found.bySeed).toEqual([found.effect, found.effect]);
  const { low, high } = boundsOf(found, { lower: 0.025, upper: 0.025 });
  // 1.96 * 0.5 * sqrt(0.1875 / 400 + 0.25 / 100)
  expect(high - low).toBeCloseTo(2 * 0.0534, 2);
});

test('a seed’s effect is over the questions it answered; a question counts once, however many seeds did', () => {
  const values = [Float64Array.from([1, Number.NaN]), Float64Array.from([0, 0.5])];
  const { effect, bySeed } = seededContrast([{ coefficient: 1, values }], {
    resamples: 10,
    rng: seededRng(1),
  });
  expect(bySeed).toEqual([0.5, 0.5]);
  expect(effect).toBe(0.625);
});

describe('tails and bounds', () => {
  const drawn = Float64Array.from({ length: 99 }, (_, i) => i - 2);
  test('p counts draws on the wrong side, 0 included', () =>
    expect(tailsOf({ drawn })).toEqual({ above: 0.04, below: 0.98 }));
  test.each([
    [0.03, false],
    [0.04, true],
    [0.05, true],
  ])('at level %d the lower bound is above 0: %s', (lower, above) =>
    expect(boundsOf({ drawn }, { lower, upper: 0.1 }).low > 0).toBe(above),
  );
  test('a level beyond the draws is refused', () =>
    expect(() => boundsOf({ drawn }, { lower: 0.005, upper: 0.1 })).toThrow('99 resamples'));
});

test('an empty stratum is refused', () =>
  expect(() =>
    seededContrast([{ coefficient: 1, values: [] }], { resamples: 1, rng: seededRng(1) }),
  ).toThrow('without questions'));
