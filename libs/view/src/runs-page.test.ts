import type { RunListing } from '@coa/store';
import { expect, test } from 'vitest';
import { filterRuns, readRunFilter, runsPage } from './runs-page.ts';

const runOf = (i: number): RunListing => ({
  ...{ runId: `exp-${i}`, ulid: null, experiment: i % 2 === 0 ? 'even' : 'odd' },
  ...{
    status: i < 3 ? 'unfinished' : 'finished',
    startedAt: '2026-01-02T03:04:05Z',
    finishedAt: null,
  },
  ...{ labels: i === 7 ? ['kept'] : [], planned: 10, rollouts: 4, errors: 1 },
  arms: [{ name: i === 9 ? 'AutoCoA' : 'ReAct', rollouts: 4, errors: 1, exactMatch: 0.25 }],
});
const runs = Array.from({ length: 120 }, (_, i) => runOf(i));
const find = (query: string): string[] =>
  filterRuns(runs, readRunFilter(new URLSearchParams(query))).map(({ runId }) => runId);

test('runs are found by id, experiment and agent, by status and label', () => {
  expect(find('text=EVEN')).toHaveLength(60);
  expect(find('text=exp-11')).toEqual([
    'exp-11',
    ...Array.from({ length: 10 }, (_, i) => `exp-11${i}`),
  ]);
  expect(find('text=autocoa')).toEqual(['exp-9']);
  expect(find('status=unfinished&text=odd')).toEqual(['exp-1']);
  expect(find('label=kept')).toEqual(['exp-7']);
  expect(find('text=nothing')).toEqual([]);
});

test('a page has fifty; a page beyond the last is the last', () => {
  const show = (query: string): string =>
    runsPage(runs, readRunFilter(new URLSearchParams(query)), { base: '/t', file: '/runs.db' })
      .body;
  expect(show('').match(/href="\/t\/run\//g)).toHaveLength(50);
  expect(show('page=3').match(/href="\/t\/run\//g)).toHaveLength(20);
  expect(show('page=99')).toContain('101 to 120 shown');
  expect(show('page=2&text=even')).toContain('?text=even&amp;page=1');
  expect(show('')).toContain('5 of 10');
});
