import { expect, test } from 'vitest';
import { deltasOf, deltasTable, deltasText } from './deltas.ts';

/** Rollouts of one arm: so many of `n` questions a set are right, the first ones. */
const answered = (
  arm: string,
  right: Readonly<Record<string, number>>,
  { n = 100, repeats = 1 } = {},
): Parameters<typeof deltasOf>[0][number][] =>
  Object.entries(right).flatMap(([dataset, count]) =>
    Array.from({ length: n * repeats }, (_, i) => ({
      ...{ arm, dataset, question: `q${i % n}`, score: Number(i % n < count) },
    })),
  );

const rated = [
  ...answered('as it is', { nq: 40, musique: 20 }),
  ...answered('more', { nq: 60, musique: 45 }),
  ...answered('less', { nq: 15, musique: 2 }),
  ...answered('same', { nq: 40, musique: 20 }),
  ...answered('unclear', { nq: 43, musique: 20 }),
];
const arms = ['more', 'as it is', 'less', 'same', 'unclear'];

test('each arm against the baseline, by set and over them, with a verdict', () => {
  const deltas = deltasOf(rated, { baseline: 'as it is', arms })!;
  expect(deltas.arms.map(({ arm }) => arm)).toEqual(['more', 'less', 'same', 'unclear']);
  const [more, less, same, unclear] = deltas.arms.map(({ differences }) => differences);
  expect(more!.map(({ dataset }) => dataset)).toEqual(['nq', 'musique', null]);
  expect(more!.map(({ difference }) => difference.toFixed(3))).toEqual(['0.200', '0.250', '0.225']);
  // 20 and 0 discordant pairs: McNemar's exact p is 2 / 2 ** 20, of two sets by Holm
  expect(more![0]!.adjusted).toBeCloseTo(2 ** -19, 12);
  expect(more!.map(({ verdict }) => verdict)).toEqual(['better', 'better', 'better']);
  expect(less!.at(-1)!.verdict).toBe('worse');
  // so many questions that agree are a tie over both sets; those of one set are too few to say so within 2 points
  expect(same!.map(({ verdict }) => verdict)).toEqual(['undecided', 'undecided', 'tie']);
  expect(same!.at(-1)).toMatchObject({ difference: 0, high: expect.closeTo(0.0188, 4) });
  expect(same!.at(-1)!.detectable).toBeGreaterThan(0);
  expect(unclear![0]!.verdict).toBe('undecided');
});

test('p over the sets is corrected over the arms', () => {
  const alone = deltasOf(rated, { baseline: 'as it is', arms: ['unclear', 'as it is'] })!;
  const beside = deltasOf(rated, { baseline: 'as it is', arms })!;
  const p = alone.arms[0]!.differences.at(-1)!;
  expect(p.adjusted).toBe(p.p);
  const total = beside.arms.at(-1)!.differences.at(-1)!;
  // the third smallest of four (the arm that is the same has p = 1): two tests are left
  expect(total.adjusted).toBeCloseTo(2 * total.p, 12);
});

test('repeats of a question count as one question', () => {
  const both = [
    ...answered('a', { nq: 40 }, { repeats: 3 }),
    ...answered('b', { nq: 60 }, { repeats: 3 }),
  ];
  const [b] = deltasOf(both, { baseline: 'a', arms: ['a', 'b'] })!.arms;
  expect(b!.differences).toHaveLength(1);
  expect(b!.differences[0]).toMatchObject({ dataset: 'nq', questions: 100 });
});

test('nothing to compare is nothing: no baseline, none of its rollouts yet, no question in common', () => {
  expect(deltasOf(rated, { baseline: undefined, arms })).toBeNull();
  expect(deltasOf(answered('b', { nq: 1 }), { baseline: 'a', arms: ['a', 'b'] })).toBeNull();
  const apart = [...answered('a', { nq: 1 }), ...answered('b', { musique: 1 })];
  expect(deltasOf(apart, { baseline: 'a', arms: ['a', 'b'] })).toBeNull();
});

test('the table begins with the mean of the sets; the terminal has that alone', () => {
  const deltas = deltasOf(rated, { baseline: 'as it is', arms })!;
  const table = deltasTable(deltas);
  expect(table.groups.map(({ name }) => name)).toEqual(['Mean of sets', 'nq', 'musique']);
  expect(table.groups[0]!.rows[0]!.slice(0, 2)).toEqual([
    'more',
    { value: 'better', tone: 'good' },
  ]);
  const lines = deltasText(deltas).split('\n');
  expect(lines[0]).toBe('Against as it is');
  expect(lines.filter((line) => line.includes('Mean of sets'))).toHaveLength(4);
  expect(lines.join('\n')).toMatch(/more +better +\+22\.5 \(\+\S+ to \+\S+\) +52\.5 +30\.0/);
  expect(deltasText(deltas)).not.toContain('musique');
});
