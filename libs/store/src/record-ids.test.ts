import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  errorRecord,
  manifestOf,
  questions,
  rolloutRecord,
  temporaryFolder,
} from './records.test-data.ts';
import { openStore } from './store.ts';

test('some records are read again by id, and a reader sees that others wrote', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const writer = openStore(file);
  const reader = openStore(file, { readonly: true });
  const before = reader.dataVersion();
  const { runId } = manifestOf();
  writer.startRun(manifestOf(), questions);
  writer.appendRecord(errorRecord(questions[0]!, { arm: 'ReAct' }));
  for (const question of questions.toReversed()) writer.appendRecord(rolloutRecord(question));
  expect(reader.dataVersion()).not.toBe(before);
  const seen = reader.dataVersion();
  expect(reader.dataVersion()).toBe(seen);
  const all = [...reader.readRecords(runId)];
  const ids = reader.recordIds(runId);
  expect(ids).toHaveLength(4);
  expect([...reader.readRecords(runId, { ids: [ids[3]!, ids[1]!] })]).toEqual([all[3], all[1]]);
  expect(reader.recordIds(runId, { arm: 'ReAct' })).toEqual([ids[0]]);
  writer.appendRecord(rolloutRecord(questions[0]!, { arm: 'ReAct' }));
  // the error gave way to a rollout under its id
  const [again] = [...reader.readRecords(runId, { ids: [ids[0]!] })];
  expect(again?.outcome.kind).toBe('rollout');
  const other = manifestOf({ runId: 'toy-4d5e6f' });
  writer.startRun(other, questions);
  expect(() => [...reader.readRecords(other.runId, { ids: [ids[0]!] })]).toThrow('being read');
  writer.close();
  reader.close();
});
