import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@coa/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rescoreCommand } from './rescore.ts';
import { manifestOf, questionOf, recordOf, storeRun } from './stored-runs.test-data.ts';

let folder = '';
let file = '';
let printed: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coa-rescore-'));
  file = join(folder, 'runs.db');
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const rescore = async (...words: readonly string[]): Promise<string> => {
  await rescoreCommand().parseAsync([...words, '--store', file], { from: 'user' });
  return printed.splice(0).join('\n');
};

test('values that were wrong become right, metrics that were not there come, others stay', async () => {
  const store = openStore(file);
  store.startRun(manifestOf('toy-1a', ['CoA'], 2), [questionOf('q0'), questionOf('q1')]);
  const wrong = recordOf('toy-1a', 'CoA', { question: questionOf('q0'), right: true });
  store.appendRecord({ ...wrong, metrics: { exactMatch: 0, ownMetric: 7 } });
  store.appendRecord(recordOf('toy-1a', 'CoA', { question: questionOf('q1'), right: false }));
  store.close();
  const { metrics } = JSON.parse(
    await rescore('1a', '--metric', 'exactMatch', 'tokenF1', '--json'),
  );
  expect(metrics).toMatchObject([
    { metric: 'exactMatch', before: 1, rollouts: 2, changed: 1 },
    { metric: 'tokenF1', before: null, rollouts: 2, changed: 2 },
  ]);
  const after = openStore(file, { readonly: true });
  const records = [...after.readRecords('toy-1a')];
  expect(records.map((record) => record.metrics)).toEqual([
    { exactMatch: 1, tokenF1: 1, ownMetric: 7 },
    { exactMatch: 0, tokenF1: 0 },
  ]);
  const declared = after.readManifest('toy-1a').metrics.map(({ id }) => id);
  expect(declared).toEqual(['exactMatch', 'tokenF1']);
  after.close();
  expect(await rescore('1a', '--metric', 'exactMatch')).toMatch(/exactMatch +\d+ +\d+ +0 +2/);
});

test('without --metric every metric of the lab; an unknown one is named with those there are', async () => {
  storeRun(file, 'toy-1a', 2, { CoA: 1 });
  const { metrics } = JSON.parse(await rescore('1a', '--json'));
  expect(metrics.length).toBeGreaterThan(5);
  await expect(rescore('1a', '--metric', 'nope')).rejects.toThrow(/no metric 'nope'.*exactMatch/);
});

test('a run that another process writes is left alone', async () => {
  const writer = openStore(file);
  writer.startRun(manifestOf('toy-1a', ['CoA'], 1), [questionOf('q0')]);
  await expect(rescore('1a')).rejects.toThrow('is being written by');
  writer.close();
});
