import { describe, expect, test } from 'vitest';
import { benjaminiHochberg, holm } from './multiple-tests.ts';
import { minimumDetectableEffect } from './power.ts';
import { meanAtK, passAtK, passHatK } from './repeats.ts';

const pValues = [0.001, 0.04, 0.03, 0.2, 0.2, 0.0004, 1, 0];

describe('several tests', () => {
  // statsmodels 0.15.0: multipletests(p, method='fdr_bh') and method='holm'
  test('as statsmodels adjusts them', () => {
    const hochberg = [0.002666666666666667, 0.064, 0.06, 0.22857142857142856];
    const step = [0.006, 0.16, 0.15, 0.6];
    for (const [ours, theirs] of [
      [benjaminiHochberg(pValues), [...hochberg, 0.22857142857142856, 0.0016, 1, 0]],
      [holm(pValues), [...step, 0.6, 0.0028, 1, 0]],
    ] as const) {
      expect(ours).toHaveLength(theirs.length);
      for (const [i, p] of ours.entries()) expect(p).toBeCloseTo(theirs[i]!, 14);
    }
  });

  test('none, one, and what is no p-value', () => {
    for (const adjust of [holm, benjaminiHochberg]) {
      expect(adjust([])).toEqual([]);
      expect(adjust([0.3])).toEqual([0.3]);
      expect(() => adjust([0.3, 1.2])).toThrow('1.2');
      expect(() => adjust([Number.NaN])).toThrow('NaN');
    }
  });
});

describe('minimumDetectableEffect', () => {
  // statsmodels 0.15.0: NormalIndPower(ddof=0).solve_power(nobs1=n, alpha, power, ratio=0, alternative='two-sided'),
  // which searches to about 1e-6
  test.each([
    [500, 0.05, 0.8, 0.1252903452971738],
    [125, 0.05, 0.8, 0.2505810918259752],
    [50, 0.01, 0.9, 0.5455184218772279],
    [3000, 0.05, 0.95, 0.0658147157673398],
  ])('of %d questions at alpha %d and power %d it is %d deviations', (n, alpha, power, effect) => {
    expect(minimumDetectableEffect({ n, deviation: 1, alpha, power })).toBeCloseTo(effect, 5);
    expect(minimumDetectableEffect({ n, deviation: 0.5, alpha, power })).toBeCloseTo(effect / 2, 5);
  });

  test('misuse throws with the values', () => {
    expect(() => minimumDetectableEffect({ n: 0, deviation: 1 })).toThrow('n = 0');
    expect(() => minimumDetectableEffect({ n: 9, deviation: Number.NaN })).toThrow('NaN');
    expect(() => minimumDetectableEffect({ n: 9, deviation: 1, power: 0.01 })).toThrow('0.01');
  });
});

describe('repeats', () => {
  // scipy 1.17.1: scipy.special.comb, exact
  test.each([
    [3, 1, 1, 1 / 3, 1 / 3],
    [3, 1, 2, 2 / 3, 0],
    [10, 3, 5, 0.9166666666666666, 0],
    [10, 9, 5, 1, 0.5],
    [200, 17, 100, 0.99999636769084, 0],
    [5, 0, 3, 0, 0],
    [5, 5, 3, 1, 1],
  ])('%d asked, %d right: pass@%d is %d, pass^k %d', (asked, right, k, any, all) => {
    expect(passAtK({ asked, right }, k)).toBeCloseTo(any, 13);
    expect(passHatK({ asked, right }, k)).toBeCloseTo(all, 13);
    expect(meanAtK({ asked, right })).toBe(right / asked);
  });

  test('more than were asked cannot be drawn', () => {
    expect(() => passAtK({ asked: 3, right: 1 }, 4)).toThrow('no 4 of 3 repeats');
    expect(() => passHatK({ asked: 3, right: 4 }, 1)).toThrow('4 of them right');
  });
});
