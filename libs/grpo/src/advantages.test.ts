import { describe, expect, test } from 'vitest';
import { groupAdvantages, isZeroVariance } from './advantages.ts';

/** The oracles are printed to six digits. */
const near = (values: readonly number[], expected: readonly number[]): void => {
  for (const [i, value] of values.entries())
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
  expect(values).toHaveLength(expected.length);
};

describe('group advantages agree with the released code', () => {
  test.each([
    [
      [1, 0, 0, 0, 0],
      [1.78885, -0.447213, -0.447213, -0.447213, -0.447213],
    ],
    [
      [1, 1, 0, 0, 0],
      [1.095443, 1.095443, -0.730295, -0.730295, -0.730295],
    ],
    [[0.7], [0.7 / (1 + 1e-6)]],
    [
      [1, 1],
      [0, 0],
    ],
  ])('unbiased-std of %j', (rewards, expected) => {
    near(groupAdvantages(rewards, 'unbiased-std'), expected);
  });

  test('mean', () => near(groupAdvantages([1, 0, 0, 0, 0], 'mean'), [0.8, -0.2, -0.2, -0.2, -0.2]));

  test('a group of no rewards is refused', () =>
    expect(() => groupAdvantages([], 'mean')).toThrow('no rewards'));
});

test('a group has no variance where all rewards are the same', () => {
  expect(isZeroVariance([0.5, 0.5, 0.5])).toBe(true);
  expect(isZeroVariance([0.5, 0.5, 0.4])).toBe(false);
});
