import { describe, expect, test } from 'vitest';
import { holm, holmLevels } from './multiple-tests.ts';

describe('Holm', () => {
  test('as statsmodels adjusts', () => {
    // multipletests([0.01, 0.04, 0.03, 0.005], method='holm')
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
  test('each p-value is tested at its level; what follows one that is not rejected stays there', () => {
    const level = 0.05;
    const ps = [0.01, 0.04, 0.03, 0.005];
    const levels = holmLevels(ps, level);
    expect(levels).toEqual([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4]);
    expect(ps.map((p, i) => p <= levels[i]!)).toEqual(holm(ps).map((p) => p <= level));
  });
  test('a p-value out of range is refused', () =>
    expect(() => holm([0.5, Number.NaN])).toThrow('NaN'));
});
