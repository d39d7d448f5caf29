import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { checkStore } from './check-store.ts';
import {
  errorRecord,
  manifestOf,
  questions,
  rolloutRecord,
  temporaryFolder,
} from './records.test-data.ts';
import { openStore } from './store.ts';
import { vacuumStore } from './vacuum-store.ts';

const [q9, q1, h1] = questions as [
  (typeof questions)[0],
  (typeof questions)[0],
  (typeof questions)[0],
];

/** A small store with a run, an error and a training. */
const filled = (): string => {
  const file = join(temporaryFolder(), 'runs.db');
  const store = openStore(file);
  store.startTraining({ key: 'k', stage: 'RL-1', seed: 1, recipe: {} });
  store.startTraining({ key: 'l', stage: 'RL-1', seed: 1, recipe: {} });
  const record = rolloutRecord(q9);
  const { rollout } = record.outcome as Extract<typeof record.outcome, { kind: 'rollout' }>;
  for (const key of ['k', 'l'])
    store.appendTrainingStep(key, {
      ...{ step: 1, steps: 1, numbers: { loss: 1 } },
      rollouts: [0, 1].map((reward) => ({ rollout, group: 0, reward, advantage: 0 })),
    });
  for (const runId of ['toy-1a2b3c', 'other']) {
    store.startRun(manifestOf({ runId }), questions);
    store.appendRecord(rolloutRecord(q9, { runId }));
    store.appendRecord(rolloutRecord(q1, { runId }));
    store.appendRecord(errorRecord(h1, { runId }));
    store.finishRun(runId);
  }
  store.close();
  return file;
};

const shell = (file: string, sql: string): void => {
  const client = new Database(file);
  client.pragma('foreign_keys = OFF');
  client.pragma('ignore_check_constraints = ON');
  client.exec(sql);
  client.close();
};

test('a sound store passes every check and is not changed', () => {
  const file = filled();
  const heard: string[] = [];
  const found = checkStore(file, ({ name }) => void heard.push(name));
  expect(found).toMatchObject({
    sound: true,
    schemaVersion: 3,
    runs: 2,
    rollouts: 6,
    trainings: 2,
    trainingRollouts: 4,
  });
  expect(found.bytes).toBeGreaterThan(50_000);
  expect(heard).toEqual(found.checks.map(({ name }) => name));
  expect(heard.length).toBeGreaterThanOrEqual(16);
});

test.each<[check: string, sql: string, problem: RegExp]>([
  ['foreign keys', 'DELETE FROM arms WHERE id = 2', /names a row of arms that is not there/],
  ['schema of version 3', 'DROP TRIGGER rollouts_insert', /trigger rollouts_insert is missing/],
  [
    'schema of version 3',
    'DROP VIEW records; CREATE VIEW records AS SELECT 1',
    /view records is not as/,
  ],
  ['schema of version 3', 'CREATE TABLE songs (title TEXT)', /table songs is none of ours/],
  ['manifests', "UPDATE runs SET ulid = 'x' WHERE id = 1", /has no ULID, but x/],
  [
    'manifests',
    "UPDATE runs SET run_id = 'else' WHERE id = 1",
    /run 'else' has the manifest of 'toy-1a2b3c'/,
  ],
  [
    'manifests',
    "UPDATE runs SET manifest = json_set(manifest, '$.rootSeed', 'x') WHERE id = 1",
    /rootSeed/,
  ],
  ['manifests', "UPDATE arms SET name = 'x' WHERE id = 1", /has other arms than its manifest/],
  ['questions', "UPDATE questions SET question = '{}' WHERE id = 1", /not a question/],
  [
    'kept counts of rollouts',
    'UPDATE cells SET errors = 3 WHERE arm_id = 2',
    /toy-1a2b3c, CoA, hotpotqa: kept 0 rollouts and 3 errors, stored 0 and 1/,
  ],
  [
    'kept sums of metrics',
    "UPDATE cell_metrics SET total = 9 WHERE metric = 'exactMatch'",
    /exactMatch: kept 2 values with the sum 9(\.0)?, stored 2 with 2/,
  ],
  [
    'an arm and its question are of one run',
    'UPDATE rollouts SET question_id = 4 WHERE id = 1',
    /rollout 1 is of run 1, its question of run 2/,
  ],
  [
    'a finished rollout has its usage, a failed one its error and nothing else',
    'DELETE FROM usage WHERE rollout_id = 1',
    /rollout 1 \(rollout\) has no usage and no error/,
  ],
  [
    'repeats are those of the run',
    'UPDATE rollouts SET repeat = 9 WHERE id = 1',
    /rollout 1 is of repeat 9/,
  ],
  [
    'a training asks its own questions',
    'UPDATE training_rollouts SET question_id = 2 WHERE id = 1',
    /training rollout 1 asks a question of training 2/,
  ],
  [
    'groups of a training are whole',
    'DELETE FROM training_rollouts WHERE id = 1',
    /has 1 rollouts, counted to 1/,
  ],
  [
    'steps are counted from 0',
    'DELETE FROM steps WHERE rollout_id = 1 AND position = 2',
    /steps: rollout 1 has 5 steps, counted from 0 to 5/,
  ],
  [
    'steps have what their kind has',
    "UPDATE training_rollout_steps SET passage_ids = NULL WHERE kind = 'observation'",
    /training_rollout_steps: step 2 of rollout 1 is no observation/,
  ],
  [
    'token arrays are of one length',
    "UPDATE token_arrays SET ids = x'00' WHERE rollout_id = 1",
    /rollout 1 do not have 3 tokens/,
  ],
  [
    'JSON can be read',
    "UPDATE training_steps SET numbers = '{' WHERE training_id = 1",
    /training_steps: numbers of row 1\/1 is not JSON/,
  ],
])('%s: %s is found', (name, sql, problem) => {
  const file = filled();
  shell(file, sql);
  const { checks, sound } = checkStore(file);
  expect(sound).toBe(false);
  expect(checks.find((check) => check.name === name)?.problems.join('\n')).toMatch(problem);
});

test('of many problems the first are named', () => {
  const file = filled();
  shell(
    file,
    'DELETE FROM steps WHERE position = 0; DELETE FROM training_rollout_steps WHERE position = 0',
  );
  const found = checkStore(file).checks.find(({ name }) => name === 'steps are counted from 0');
  expect(found?.problems).toHaveLength(8);
  shell(
    file,
    'DROP TABLE metric_values; DROP TABLE errors; DROP TABLE usage; DROP TABLE rollouts; DROP VIEW run_results; DROP VIEW run_metrics; DROP VIEW training_curve',
  );
  const after = checkStore(file).checks;
  expect(after.find(({ name }) => name.startsWith('schema'))?.problems.at(-1)).toBe('and more');
  expect(after.find(({ name }) => name === 'kept sums of metrics')?.problems[0]).toMatch(
    /could not be looked at/,
  );
});

test('damaged pages are found', () => {
  const file = filled();
  const client = new Database(file);
  client.pragma('wal_checkpoint(TRUNCATE)');
  client.unsafeMode(true);
  client.pragma('writable_schema = ON');
  client.exec(
    "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'cells') WHERE name = 'usage'",
  );
  client.close();
  const { checks, sound } = checkStore(file);
  expect(sound).toBe(false);
  expect(checks[0]!.problems.join('\n')).toMatch(/malformed|page|tree|row/i);
});

test('vacuum gives back what a deleted run took, keeps the rest, and waits for nobody who writes', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const store = openStore(file);
  for (const runId of ['big', 'small'])
    store.startRun(manifestOf({ runId, repeats: 60 }), questions);
  const big = [{ kind: 'think', text: 'x'.repeat(20_000) }] as const;
  for (let repeat = 0; repeat < 60; repeat++)
    store.appendRecord(rolloutRecord(q9, { runId: 'big', repeat, steps: big }));
  store.appendRecord(rolloutRecord(q9, { runId: 'small' }));
  expect(() => vacuumStore(file)).toThrow(/run '(big|small)' in .* is being written by process/);
  for (const runId of ['big', 'small']) store.finishRun(runId);
  store.deleteRun('big');
  const { before, after } = vacuumStore(file);
  expect(before - after).toBeGreaterThan(1_000_000);
  expect([...store.readRecords('small')]).toEqual([rolloutRecord(q9, { runId: 'small' })]);
  store.close();
  expect(checkStore(file).sound).toBe(true);
  expect(() => vacuumStore(`${file}.none`)).toThrow('no run store at');
});
