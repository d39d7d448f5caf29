import { openStore } from '@coa/store';
import { expect, test } from 'vitest';
import { rescoreCommand } from './rescore.ts';
import {
  manifestOf,
  questionOf,
  recordOf,
  storeForEachTest,
  storeRun,
} from './stored-runs.test-data.ts';

const at = storeForEachTest();

const rescore = (...words: readonly string[]) => at.run(rescoreCommand(), ...words);

test('values that were wrong become right, metrics that were not there come, others stay', async () => {
  const store = openStore(at.file);
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
  const after = openStore(at.file, { readonly: true });
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
  storeRun(at.file, 'toy-1a', 2, { CoA: 1 });
  const { metrics } = JSON.parse(await rescore('1a', '--json'));
  expect(metrics.length).toBeGreaterThan(5);
  await expect(rescore('1a', '--metric', 'nope')).rejects.toThrow(/no metric 'nope'.*exactMatch/);
});

test('a run that another process writes is left alone', async () => {
  const writer = openStore(at.file);
  writer.startRun(manifestOf('toy-1a', ['CoA'], 1), [questionOf('q0')]);
  await expect(rescore('1a')).rejects.toThrow('is being written by');
  writer.close();
});
