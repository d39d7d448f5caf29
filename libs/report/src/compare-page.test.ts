import { compareSides } from '@coa/compare';
import type { RunRecord } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { matchingFlips } from './client/flip-list.ts';
import { readFlipPlace } from './client/flip-place.ts';
import type { ReportIndex } from './client/payload.ts';
import { endingTable, repeatTable } from './compare-cost-tables.ts';
import { agentName, flipLists, sideRecords, sidesOf } from './compare-data.ts';
import { forest, scaleOf } from './compare-forest.ts';
import { compareBody, compareTables } from './compare-page.ts';
import { changesOf, promptHtml } from './compare-prompt.ts';
import { differenceTable, flipTable, overviewTable } from './compare-tables.ts';
import { renderComparison } from './comparison-text.ts';
import { action, answer, failure, manifest, question, record } from './records.test-data.ts';
import { cellParts } from './table.ts';

const arms = { ReAct: { options: { horizon: 4 } }, AutoCoA: { options: { horizon: 8 } } };
const described = manifest({ arms });

/** `right[i]`: whether attempt i is right; 20 of one set, then the rest of another. */
const attempts = (arm: string, right: readonly number[]): RunRecord[] =>
  right.map((value, i) =>
    record({
      arm,
      question: question({
        id: `q${i}`,
        dataset: i < 20 ? 'nq' : 'musique',
        text: `Question ${i}?`,
      }),
      steps: [...(arm === 'AutoCoA' ? [action] : []), answer(value === 1 ? 'yes' : 'no')],
      metrics: { exactMatch: value },
    }),
  );

const side = (arm: string, records: readonly RunRecord[]) => ({
  manifest: described,
  arm,
  records,
});
const weak = side('ReAct', attempts('ReAct', Array(40).fill(0)));
const strong = side(
  'AutoCoA',
  attempts(
    'AutoCoA',
    Array.from({ length: 40 }, (_, i) => Number(i % 20 < 12)),
  ),
);
const comparison = compareSides(weak, strong);

describe('tables of a comparison', () => {
  test('differences: means, interval and verdict of each set, then of their mean', () => {
    const table = differenceTable(comparison, 'd');
    const [nq, , mean] = table.groups[0]!.rows;
    expect(table.groups[0]!.rows).toHaveLength(3);
    expect(nq!.slice(0, 4)).toEqual(['nq', { value: 'better', tone: 'good' }, 0, 60]);
    expect(cellParts(nq![4]).value).toBeCloseTo(60, 10);
    expect(mean![0]).toBe('Mean of sets');
    expect(table.caption).toContain('per cent');
  });

  test('a metric that counts is not shown in per cent', () => {
    const counted = (arm: string, value: number) =>
      side(
        arm,
        attempts(arm, [0, 1]).map((one, i) => ({ ...one, metrics: { actionSteps: value + i } })),
      );
    const table = differenceTable(
      compareSides(counted('ReAct', 0), counted('AutoCoA', 2), 'actionSteps'),
      'd',
    );
    expect(table.groups[0]!.rows[0]!.slice(2, 4)).toEqual([0.5, 2.5]);
    expect(table.caption).not.toContain('per cent');
  });

  test('a count is never better or worse, right or wrong, even where all of its values are 0 or 1', () => {
    const counted = (arm: string, value: number) =>
      side(
        arm,
        attempts(arm, Array(20).fill(0)).map((one) => ({
          ...one,
          metrics: { actionSteps: value },
        })),
      );
    const steps = compareSides(counted('ReAct', 0), counted('AutoCoA', 1), 'actionSteps');
    const table = differenceTable(steps, 'd');
    expect(table.groups[0]!.rows[0]!.slice(1, 4)).toEqual([{ value: 'higher' }, 0, 1]);
    expect(flipTable(steps, { id: 'f', comparison: 0 })).toBeNull();
    expect(renderComparison(steps)).not.toMatch(/right:|per cent|pass@k|better/);
    const [list] = flipLists([steps]);
    const index = { questions: {}, said: [], entries: {} } as unknown as ReportIndex;
    const onlyA = readFlipPlace('#flips?c=0&kind=onlyA')!;
    expect(matchingFlips(list!, index, onlyA)).toHaveLength(20);
    expect(matchingFlips({ ...list!, judged: true }, index, onlyA)).toEqual([]);
  });

  test('flips: every count above none leads to its attempts', () => {
    const table = flipTable(comparison, { id: 'f', comparison: 0 })!;
    expect(table.groups[0]!.rows).toEqual([
      [
        'nq',
        0,
        0,
        { value: 12, href: '#flips?c=0&kind=onlyB&set=nq' },
        { value: 8, href: '#flips?c=0&kind=neither&set=nq' },
        20,
      ],
      [
        'musique',
        0,
        0,
        { value: 12, href: '#flips?c=0&kind=onlyB&set=musique' },
        { value: 8, href: '#flips?c=0&kind=neither&set=musique' },
        20,
      ],
      [
        'All sets',
        0,
        0,
        { value: 24, href: '#flips?c=0&kind=onlyB' },
        { value: 16, href: '#flips?c=0&kind=neither' },
        40,
      ],
    ]);
  });

  test('errors stand apart from how rollouts ended', () => {
    const broken = side('ReAct', [
      ...weak.records.slice(0, 39),
      failure('request 7 failed', { arm: 'ReAct' }),
    ]);
    const { groups } = endingTable(compareSides(broken, strong), 'e');
    expect(groups).toEqual([
      { name: 'Rollouts', rows: [['Answered by itself', 39, 40]] },
      { name: 'Errors, by message', rows: [['request # failed', 1, 0]] },
    ]);
  });

  test('repeats have a table only where there are some', () => {
    expect(repeatTable(comparison, 'r')).toBeNull();
    const twice = (one: typeof weak) => ({
      ...one,
      records: one.records.flatMap((first) => [first, { ...first, repeat: 1 }]),
    });
    const table = repeatTable(compareSides(twice(weak), twice(strong)), 'r');
    expect(table!.groups[0]).toEqual({
      name: 'nq',
      rows: [
        [1, 0, 0, 0, 60, 60, 60],
        [2, 0, 0, 0, 60, 60, 60],
      ],
    });
  });

  test('several comparisons are one family', () => {
    const other = side('Third', attempts('Third', Array(40).fill(0)));
    const both = [comparison, compareSides(weak, other)];
    const rows = overviewTable(both).groups[0]!.rows;
    expect(rows.map((row) => cellParts(row[0]).value)).toEqual(['AutoCoA', 'Third']);
    expect(cellParts(rows[1]![2]).value).toBe('undecided');
    expect(new Set(compareTables(both).map(({ id }) => id)).size).toBe(compareTables(both).length);
  });
});

describe('the forest', () => {
  test.each([
    [[-3, 48], { low: -20, high: 60, ticks: [-20, 0, 20, 40, 60] }],
    [[2, 9.5], { low: 0, high: 10, ticks: [0, 2.5, 5, 7.5, 10] }],
    [[-0.03, 0.01], { low: -0.03, high: 0.01, ticks: [-0.03, -0.02, -0.01, 0, 0.01] }],
  ])('an axis over %j has 0 and round marks', (values, scale) => {
    const made = scaleOf(values);
    expect(made.ticks).toEqual(scale.ticks);
    expect(made.low).toBeCloseTo(scale.low, 12);
    expect(made.high).toBeCloseTo(scale.high, 12);
  });

  test('differences of 0 without spread still have an axis', () => {
    const { low, high, ticks } = scaleOf([0, 0]);
    expect(high).toBeGreaterThan(low);
    expect(ticks).toContain(0);
  });

  test('says in words what its marks show', () => {
    const { html } = forest(comparison, 'f');
    expect(html.match(/better<\/span>/g)).toHaveLength(3);
    expect(html).toContain('+60.0');
    expect(html).not.toMatch(/NaN|undefined/);
  });
});

test('prompts: changes with two lines around them, the rest counted', () => {
  const lines = [...'abcdefgh'].map(
    (line) => ({ side: line === 'e' ? 'a' : 'both', line }) as const,
  );
  expect(changesOf(lines)).toEqual([
    { side: 'gap', lines: 2 },
    ...lines.slice(2, 7),
    { side: 'gap', lines: 1 },
  ]);
  expect(promptHtml(lines.filter(({ side }) => side === 'both')).html).toContain('same prompt');
  expect(promptHtml(null).html).toContain('no prompt');
});

test('sides that comparisons share stand once in the source, and flips name their trajectories', () => {
  const third = side('Third', attempts('Third', Array(40).fill(1)));
  const both = [comparison, compareSides(weak, third)];
  expect(sidesOf(both).map(({ arm }) => arm)).toEqual(['ReAct', 'AutoCoA', 'Third']);
  const [first, second] = flipLists(both);
  expect([first!.left[3], first!.right[3]]).toEqual([3, 43]);
  expect([second!.left[3], second!.right[3]]).toEqual([3, 83]);
  const records = [
    ...sideRecords(
      sidesOf(both),
      ({ arm }) => [weak, strong, third].find((s) => s.arm === arm)!.records,
    ),
  ];
  expect(records).toHaveLength(120);
  expect(records[83]!.arm).toBe('Third');
  const twins = [
    { manifest: manifest({ runId: 'one' }), arm: 'x' },
    { manifest: manifest({ runId: 'two' }), arm: 'x' },
  ];
  expect(twins.map((one) => agentName(one, twins))).toEqual(['one:x', 'two:x']);
});

test('hostile text stays text', () => {
  const hostile = '<img src=x onerror="alert(1)">&';
  const other = manifest({ arms: { [hostile]: { [hostile]: hostile } }, runId: hostile });
  const a = { ...weak, manifest: other, arm: hostile };
  const { html } = compareBody([compareSides(a, strong)], { trajectories: true });
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;img');
});
