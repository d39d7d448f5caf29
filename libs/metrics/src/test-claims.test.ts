import { seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { stratifiedContrast } from './contrast.ts';
import { holm } from './multiple-tests.ts';
import { type PaperClaim, paperClaims } from './paper-claims.ts';
import { type ClaimRow, testClaims } from './test-claims.ts';

describe('Holm', () => {
  test('as statsmodels adjusts', () => {
    // multipletests([0.01, 0.04, 0.03, 0.005], method='holm')
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
  test('a p-value out of range is refused', () =>
    expect(() => holm([0.5, Number.NaN])).toThrow('NaN'));
});

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

/** 200 questions in two sets, two seeds; `right` decides each rollout. */
const rowsOf = (
  arms: Readonly<Record<string, (question: number, seed: number) => Partial<ClaimRow>>>,
): ClaimRow[] =>
  Object.entries(arms).flatMap(([arm, right]) =>
    Array.from({ length: 400 }, (_, i) => {
      const [question, seed] = [i >> 1, i % 2];
      const dataset = question % 2 === 0 ? 'a' : 'b';
      const known = question % 4 === 0;
      const row = { arm, seed, dataset, question: String(question), known, actions: 1, score: 0 };
      return { ...row, ...right(question, seed) };
    }),
  );
const share = (percent: number) => (question: number) => ({
  score: Number((question * 37) % 100 < percent),
});
const claim = (id: number): PaperClaim => paperClaims[id - 1]!;

describe('verdicts', () => {
  test('a clear difference is reproduced, its opposite contradicted, none undecided', () => {
    const arms = (better: number, worse: number) =>
      rowsOf({ 'SFT-1&2': share(better), 'SFT-2': share(worse) });
    const verdict = (rows: ClaimRow[]) => testClaims(rows, [claim(2)])[0]!;
    expect(verdict(arms(60, 30))).toMatchObject({
      verdict: 'reproduced',
      questions: 200,
      seeds: 2,
    });
    expect(verdict(arms(60, 30)).effect).toBeCloseTo(0.3, 12);
    expect(verdict(arms(30, 60)).verdict).toBe('contradicted');
    expect(verdict(arms(30, 30)).verdict).toBe('undecided');
  });

  test('a claim about every variant is decided by the weakest', () => {
    const strong = Object.fromEntries(
      [
        'SFT-1',
        'SFT-2',
        'SFT-1&2',
        'SFT-1&2&3',
        'RL-2',
        'SFT-1&2&3 + RL-1',
        'SFT-1&2&3 + RL-1&2',
        'SFT-1&2 + RL-2',
      ].map((arm) => [arm, share(70)]),
    );
    const rows = rowsOf({ ...strong, ReAct: share(20) });
    expect(testClaims(rows, [claim(1)])[0]!.verdict).toBe('reproduced');
    const weak = rowsOf({ ...strong, 'SFT-1': share(2), ReAct: share(20) });
    const [result] = testClaims(weak, [claim(1)]);
    expect(result).toMatchObject({ verdict: 'contradicted' });
    expect(result!.effect).toBeCloseTo(-0.18, 12);
  });

  test('closeness needs both sides within the margin', () => {
    const rows = (percent: number) =>
      rowsOf({ 'SFT-1&2&3 + RL-1&2': share(50), 'SFT-1&2 + RL-2': share(percent) });
    expect(testClaims(rows(50), [claim(5)])[0]!.verdict).toBe('reproduced');
    expect(testClaims(rows(70), [claim(5)])[0]!.verdict).toBe('contradicted');
    expect(testClaims(rows(53), [claim(5)])[0]!.verdict).toBe('undecided');
  });

  test('slopes: ours flat, theirs falling', () => {
    const steps = (question: number) => ({ actions: 1 + (question % 3) });
    const falling = (question: number) => ({
      ...steps(question),
      score: Number((question * 37) % 100 < 90 - 30 * (question % 3)),
    });
    const rows = rowsOf({
      'SFT-1&2&3 + RL-1&2': (question) => ({ ...steps(question), ...share(60)(question) }),
      ReAct: falling,
    });
    const [result] = testClaims(rows, [claim(6)]);
    expect(result!.verdict).toBe('reproduced');
    expect(result!.effect).toBeGreaterThan(0.2);
  });

  test('collapse on unknown entities', () => {
    const closed = (onUnknown: number) =>
      rowsOf({
        'Closed book': (question) => share(question % 4 === 0 ? 60 : onUnknown)(question),
      });
    expect(testClaims(closed(5), [claim(7)])[0]!.verdict).toBe('reproduced');
    expect(testClaims(closed(60), [claim(7)])[0]!.verdict).toBe('contradicted');
  });

  test('claims whose arms are missing are left out; p is corrected over the rest', () => {
    const rows = rowsOf({ 'SFT-1&2': share(60), 'SFT-2': share(30), 'Closed book': share(10) });
    const results = testClaims(rows);
    expect(results.map(({ claim: { id } }) => id)).toEqual([2, 7]);
    expect(results[0]!.adjusted).toBeCloseTo(2 * results[0]!.p, 12);
  });
});
