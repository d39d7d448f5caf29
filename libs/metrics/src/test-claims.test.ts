import { seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { ownClaims, type PaperClaim, paperClaims } from './paper-claims.ts';
import { testClaims } from './test-claims.ts';
import type { ClaimRow, TrainingCalls } from './test-claims-rows.ts';

/** 200 questions in two sets, two seeds; `right` decides each rollout. */
const rowsOf = (
  arms: Readonly<Record<string, (question: number, seed: number) => Partial<ClaimRow>>>,
): ClaimRow[] =>
  Object.entries(arms).flatMap(([arm, right]) =>
    Array.from({ length: 400 }, (_, i) => {
      const [question, seed] = [i >> 1, i % 2];
      const dataset = question % 2 === 0 ? 'a' : 'b';
      const known = question % 4 === 0;
      const row = {
        arm,
        seed,
        dataset,
        question: String(question),
        known,
        hops: null,
        actions: 1,
        score: 0,
      };
      return { ...row, ...right(question, seed) };
    }),
  );
const share = (percent: number) => (question: number) => ({
  score: Number((question * 37) % 100 < percent),
});
const claim = (id: number): PaperClaim => paperClaims[id - 1]!;

const variants = [
  'SFT-1',
  'SFT-2',
  'SFT-1&2',
  'SFT-1&2&3',
  'RL-2',
  'SFT-1&2&3 + RL-1',
  'SFT-1&2&3 + RL-1&2',
  'SFT-1&2 + RL-2',
];

type Counts = { readonly ours: readonly number[]; readonly theirs: readonly number[] };
const counts = ({ ours = [160, 160], theirs = [1000, 1000] }: Partial<Counts>): TrainingCalls[] =>
  [0, 1].flatMap((seed) => [
    { arm: 'SFT-1&2&3 + RL-1&2', seed, real: ours[seed]!, simulated: 900 },
    { arm: 'SFT-1&2 + RL-2', seed, real: theirs[seed]!, simulated: 0 },
  ]);

describe('verdicts', () => {
  test('a clear difference is reproduced, its opposite contradicted, none undecided', () => {
    const arms = (better: number, worse: number) =>
      rowsOf({ 'SFT-1&2': share(better), 'SFT-2': share(worse) });
    const verdict = (rows: ClaimRow[]) => testClaims(rows, { claims: [claim(2)] })[0]!;
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
    const strong = Object.fromEntries(variants.map((arm) => [arm, share(70)]));
    const rows = rowsOf({ ...strong, ReAct: share(20) });
    expect(testClaims(rows, { claims: [claim(1)] })[0]!.verdict).toBe('reproduced');
    const weak = rowsOf({ ...strong, 'SFT-1': share(2), ReAct: share(20) });
    const [result] = testClaims(weak, { claims: [claim(1)] });
    expect(result).toMatchObject({ verdict: 'contradicted' });
    expect(result!.effect).toBeCloseTo(-0.18, 12);
  });

  test('closeness needs both sides within the margin', () => {
    const rows = (percent: number) =>
      rowsOf({ 'SFT-1&2&3 + RL-1&2': share(50), 'SFT-1&2 + RL-2': share(percent) });
    const verdict = (percent: number, changes: Partial<Counts> = {}) =>
      testClaims(rows(percent), { claims: [claim(5)], calls: counts(changes) })[0]!;
    expect(verdict(50).verdict).toBe('reproduced');
    expect(verdict(70).verdict).toBe('contradicted');
    expect(verdict(53).verdict).toBe('undecided');
  });

  test('closeness also needs the real calls to be counted, and few', () => {
    const rows = rowsOf({ 'SFT-1&2&3 + RL-1&2': share(50), 'SFT-1&2 + RL-2': share(50) });
    const result = (calls: TrainingCalls[]) => testClaims(rows, { claims: [claim(5)], calls })[0]!;
    expect(result([])).toMatchObject({
      verdict: 'undecided',
      note: expect.stringContaining('not at hand'),
    });
    expect(result(counts({})).note).toBe(
      'Real calls in training: 320 of SFT-1&2&3 + RL-1&2, 2000 of SFT-1&2 + RL-2 (16.0 %).',
    );
    expect(result(counts({ ours: [500, 400] })).verdict).toBe('contradicted');
    expect(result(counts({ ours: [500, 160] })).verdict).toBe('undecided');
    expect(result(counts({ ours: [0, 0] })).verdict).toBe('contradicted');
  });

  describe('slopes', () => {
    /** `success` in per cent after so many steps, where a question takes 1 to 4. */
    const bySteps = (success: (steps: number) => number) => (question: number, seed: number) => {
      const actions = 1 + (question % 4);
      const draw = (Math.floor(question / 4) * 37 + 11 * seed) % 50;
      return { actions, known: null, score: Number(2 * draw < success(actions)) };
    };
    const result = (ours: (steps: number) => number, theirs: (steps: number) => number) =>
      testClaims(rowsOf({ 'SFT-1&2&3 + RL-1&2': bySteps(ours), ReAct: bySteps(theirs) }), {
        claims: [claim(6)],
      })[0]!;
    const rising = (steps: number) => 40 + 10 * steps;
    const falling = (steps: number) => 100 - 20 * steps;

    test('ours does not fall, theirs does: reproduced', () => {
      const found = result(rising, falling);
      expect(found.verdict).toBe('reproduced');
      // the tightest of the three parts: ours rises by 10 points a step, and could have lost 3
      expect(found.effect).toBeCloseTo(0.13, 2);
    });
    test('that theirs falls faster is not enough where ours falls too', () =>
      expect(
        result(
          (steps) => 90 - 12 * steps,
          (steps) => 110 - 24 * steps,
        ).verdict,
      ).toBe('contradicted'));
    test('that ours keeps up is not enough where theirs does too', () =>
      expect(result(rising, rising).verdict).not.toBe('reproduced'));
    test('one that is never right cannot fall', () =>
      expect(result(rising, () => 0)).toMatchObject({
        verdict: 'undecided',
        note: expect.stringContaining('nowhere to decline'),
      }));

    test('what makes questions hard is no slope: hops are held apart', () => {
      // two hops are half as likely as one, and take a step more; within either, steps say nothing
      const confounded = (question: number) => {
        const hops = 1 + (question % 2);
        const actions = hops + (Math.floor(question / 2) % 2);
        const draw = (Math.floor(question / 4) * 37) % 50;
        return { hops, actions, dataset: 'a', known: null, score: Number(draw < 40 / hops) };
      };
      const rows = rowsOf({ 'SFT-1&2&3 + RL-1&2': confounded, ReAct: bySteps(falling) });
      const alike = rows.map((row) => ({ ...row, hops: null }));
      const of = (one: ClaimRow[]) => testClaims(one, { claims: [claim(6)] })[0]!;
      expect(of(rows).effect).toBeCloseTo(0.03, 3);
      expect(of(alike).effect).toBeLessThan(-0.1);
    });
  });

  test('collapse on unknown entities', () => {
    const closed = (onUnknown: number) =>
      rowsOf({
        'Closed book': (question) => share(question % 4 === 0 ? 60 : onUnknown)(question),
      });
    expect(testClaims(closed(5), { claims: [claim(7)] })[0]!.verdict).toBe('reproduced');
    expect(testClaims(closed(60), { claims: [claim(7)] })[0]!.verdict).toBe('contradicted');
  });

  test('claims whose arms are missing are left out; p is corrected over the rest', () => {
    const rows = rowsOf({ 'SFT-1&2': share(60), 'SFT-2': share(30), 'Closed book': share(10) });
    const results = testClaims(rows);
    expect(results.map(({ claim: { id } }) => id)).toEqual([2, 7]);
    expect(Math.min(...results.map(({ adjusted, p }) => adjusted / p))).toBeLessThanOrEqual(2);
    expect(Math.max(...results.map(({ adjusted, p }) => adjusted / p))).toBe(2);
  });
});

describe('verdicts on arms whose trainings differ by seed', () => {
  /** Two arms, three seeds, two sets of 100 questions; every training is off by `deviation` of its own. */
  const trained = (
    simulation: number,
    { deviation, gain }: { deviation: number; gain: number },
  ) => {
    const rng = seededRng(1_000 + simulation);
    const normal = () => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
    const hard = Array.from({ length: 200 }, () => 0.25 * normal());
    return ['SFT-1&2', 'SFT-2'].flatMap((arm, a) =>
      [0, 1, 2].flatMap((seed) => {
        const level = 0.4 + (a === 0 ? gain : 0) + deviation * normal();
        return hard.map((offset, i) => ({
          ...{ arm, seed, dataset: i % 2 === 0 ? 'a' : 'b', question: String(i) },
          ...{ known: null, hops: null, actions: 1, score: Number(rng() < level + offset) },
        }));
      }),
    );
  };
  const verdicts = (simulations: number, setting: { deviation: number; gain: number }) =>
    Array.from({ length: simulations }, (_, i) => {
      const [result] = testClaims(trained(i, setting), { claims: [claim(2)], resamples: 200 });
      return result!.verdict;
    });
  const shareOf = (all: readonly string[], verdict: string): number =>
    all.filter((one) => one === verdict).length / all.length;

  test.each([0, 0.02, 0.1])(
    'of arms that are alike, at most 5 of 100 get one (deviation %d)',
    (deviation) => {
      const found = verdicts(150, { deviation, gain: 0 });
      expect(1 - shareOf(found, 'undecided')).toBeLessThanOrEqual(0.05);
    },
  );

  test('a gain of 30 points is found in four of five cases where seeds differ by 2, and never taken for a loss', () => {
    const found = verdicts(50, { deviation: 0.02, gain: 0.3 });
    expect(shareOf(found, 'reproduced')).toBeGreaterThanOrEqual(0.8);
    expect(shareOf(found, 'contradicted')).toBe(0);
  });

  test('effects are told by seed; one seed alone decides nothing', () => {
    const rows = trained(0, { deviation: 0.02, gain: 0.5 });
    const [three] = testClaims(rows, { claims: [claim(2)] });
    expect(three!.bySeed).toHaveLength(3);
    const mean = three!.bySeed.reduce((sum, effect) => sum + effect, 0) / 3;
    expect(three!.effect).toBeCloseTo(mean, 12);
    const one = rows.filter(({ seed }) => seed === 0);
    expect(testClaims(one, { claims: [claim(2)] })[0]).toMatchObject({
      verdict: 'undecided',
      note: expect.stringContaining('One seed'),
    });
  });
});

describe('interval and verdict are one', () => {
  test('over gains from -60 to 60 points: reproduced where 0 lies below it, contradicted where above', () => {
    const seen = new Set<string>();
    for (let gain = -60; gain <= 60; gain += 4) {
      const rows = rowsOf({
        'SFT-1&2': (question, seed) => share(40 + gain / 2 + 2 * seed)(question),
        'SFT-2': share(40 - gain / 2),
      });
      const [{ verdict, low, high, adjusted }] = testClaims(rows, {
        claims: [claim(2)],
        resamples: 1_000,
      }) as [ReturnType<typeof testClaims>[number]];
      seen.add(verdict);
      expect(verdict).toBe(low > 0 ? 'reproduced' : high < 0 ? 'contradicted' : 'undecided');
      expect(adjusted <= 0.05).toBe(verdict !== 'undecided');
    }
    expect(seen.size).toBe(3);
  });

  test('the weakest of eight must be worse beyond what the pick of eight makes of chance', () => {
    const arms = Object.fromEntries(variants.map((arm) => [arm, share(40)]));
    const others = (percent: number) => (question: number) => share(percent)(question + 50);
    const result = (percent: number) =>
      testClaims(rowsOf({ ...arms, 'SFT-1': others(percent), ReAct: share(40) }), {
        claims: [claim(1)],
      })[0]!;
    expect(result(30).coverage).toBeCloseTo(1 - 0.025 - 0.025 / 8, 12);
    expect(result(20).verdict).toBe('contradicted');
    expect(result(36).verdict).toBe('undecided');
  });

  test('too few resamples to tell are refused', () => {
    const rows = rowsOf({ 'SFT-1&2': share(60), 'SFT-2': share(30) });
    expect(() => testClaims(rows, { claims: [claim(2)], resamples: 20 })).toThrow('cannot tell');
  });
});

test('internalised action is held against fine-tuning in ReAct’s form', () => {
  const rows = rowsOf({ 'SFT-1&2': share(70), 'ReAct SFT': share(30) });
  expect(testClaims(rows, { claims: ownClaims })[0]!.verdict).toBe('reproduced');
  expect(testClaims(rows).map(({ claim: { id } }) => id)).toEqual([8]);
});
