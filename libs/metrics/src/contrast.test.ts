import { seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { stratifiedContrast } from './contrast.ts';

describe('a stratified contrast', () => {
  const options = () => ({ level: 0.95, resamples: 4_000, rng: seededRng(1) });

  test('weighs strata, not questions; its interval is that of two independent means', () => {
    const ones = Array.from({ length: 400 }, (_, i) => Number(i % 4 === 0));
    const others = Array.from({ length: 100 }, (_, i) => Number(i % 2 === 0));
    const { effect, low, high, p } = stratifiedContrast(
      [
        { coefficient: 0.5, values: ones },
        { coefficient: 0.5, values: others },
      ],
      options(),
    );
    expect(effect).toBeCloseTo(0.375, 12);
    // 1.96 * 0.5 * sqrt(0.1875 / 400 + 0.25 / 100)
    expect(high - low).toBeCloseTo(2 * 0.0534, 2);
    expect(p).toBeCloseTo(1 / 4_001, 8);
  });

  test('p is the share of resamples at or below 0', () => {
    const { p } = stratifiedContrast([{ coefficient: 1, values: [1, -1, 1, -1] }], options());
    // of 16 equally likely draws 11 have a mean of at most 0
    expect(p).toBeCloseTo(11 / 16, 1);
  });

  test('an empty stratum is refused', () =>
    expect(() => stratifiedContrast([{ coefficient: 1, values: [] }], options())).toThrow(
      'without questions',
    ));
});
