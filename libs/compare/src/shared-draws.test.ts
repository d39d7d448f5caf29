import { expect, test } from 'vitest';
import { compareValues, defaultDifference } from './differences.ts';
import { ownDraws, sharedDraws } from './shared-draws.ts';

const values = (dataset: string, of: (i: number) => number, n: number) =>
  Array.from({ length: n }, (_, i) => ({ dataset, question: `q${i}`, value: of(i) }));
const side = (k: number) => [
  ...values('nq', (i) => ((i * k) % 7) / 7, 30),
  ...values('musique', (i) => Number((i * k) % 3 === 0), 20),
];

test('shared draws are the same as each comparison’s own, in whatever order they are asked for', () => {
  const own = { ...defaultDifference, resamples: 200, isShare: true };
  const shared = { ...own, draws: sharedDraws() };
  for (const k of [2, 3, 4])
    expect(compareValues(side(1), side(k), shared)).toEqual(compareValues(side(1), side(k), own));
});

test('what is too much to be kept is drawn anew', () => {
  const draws = sharedDraws();
  const plan = { seed: 1, resamples: 2 ** 20, sizes: [100] };
  for (const source of [draws, draws])
    expect([...Array.from(source(plan)(100))]).toEqual([...Array.from(ownDraws(plan)(100))]);
});
