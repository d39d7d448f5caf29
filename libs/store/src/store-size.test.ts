import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '@coa/core';
import { seededRng } from '@coa/core';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { checkStore, recountStore } from './check-store.ts';
import { applicationId } from './migrate.ts';
import {
  errorRecord,
  manifestOf,
  questionOf,
  questions,
  rolloutRecord,
  temporaryFolder,
} from './records.test-data.ts';
import { openStore, type Store } from './store.ts';
import { upgradeStore } from './upgrade-store.ts';

const runId = 'toy-1a2b3c';

/** What `summarizeRun` and `listRuns` must say, from the records alone. */
const counted = (records: readonly RunRecord[]) => {
  const cells = new Map<
    string,
    { rollouts: number; errors: number; sums: Map<string, number[]> }
  >();
  for (const { arm, outcome, metrics } of records) {
    const question =
      outcome.kind === 'error' ? outcome.question : outcome.rollout.trajectory.question;
    const key = `${arm} ${question.dataset}`;
    const cell = cells.get(key) ?? { rollouts: 0, errors: 0, sums: new Map() };
    cells.set(key, cell);
    cell[outcome.kind === 'error' ? 'errors' : 'rollouts'] += 1;
    for (const [metric, value] of Object.entries(metrics)) {
      const values = cell.sums.get(metric) ?? [];
      cell.sums.set(metric, values);
      if (value !== null) values.push(value);
    }
  }
  return cells;
};

const assertCounts = (store: Store, id: string): void => {
  const records = [...store.readRecords(id)];
  const wanted = counted(records);
  const found = store.summarizeRun(id);
  expect(found.map(({ arm, dataset }) => `${arm} ${dataset}`).sort()).toEqual(
    [...wanted.keys()].sort(),
  );
  for (const { arm, dataset, rollouts, errors, metrics } of found) {
    const cell = wanted.get(`${arm} ${dataset}`)!;
    expect({ rollouts, errors }).toEqual({ rollouts: cell.rollouts, errors: cell.errors });
    expect(Object.keys(metrics).sort()).toEqual([...cell.sums.keys()].sort());
    for (const [metric, { n, mean }] of Object.entries(metrics)) {
      const values = cell.sums.get(metric)!;
      expect(n).toBe(values.length);
      if (n === 0) expect(mean).toBeNull();
      else expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / n, 12);
    }
  }
  const listing = store.listRuns({ runId: id })[0]!;
  expect(listing.rollouts + listing.errors).toBe(records.length);
};

/** One change of many kinds, drawn. */
const change = (store: Store, file: string, rng: () => number): void => {
  const draw = (count: number): number => Math.floor(rng() * count);
  const id = ['a', 'b'][draw(2)]!;
  const dataset = ['nq', 'hotpotqa', 'stray'][draw(3)]!;
  const question = questionOf(dataset, `q${draw(8)}`);
  const parts = { runId: id, arm: ['ReAct', 'CoA'][draw(2)]!, repeat: draw(2) };
  const kind = draw(10);
  if (kind < 8) {
    const metrics = { exactMatch: draw(2), tokenF1: rng(), judged: draw(3) === 0 ? null : draw(2) };
    const record = draw(3) === 0 ? errorRecord(question, parts) : rolloutRecord(question, parts);
    try {
      store.appendRecord({ ...record, metrics });
    } catch (cause) {
      expect(String(cause)).toContain('is stored already');
    }
    return;
  }
  const shell = new Database(file);
  shell.pragma('foreign_keys = ON');
  const statement = [
    `DELETE FROM rollouts WHERE id % 7 = ${draw(7)}`,
    `UPDATE metric_values SET value = ${draw(5) === 0 ? 'NULL' : rng()} WHERE rollout_id % 5 = ${draw(5)}`,
    `DELETE FROM metric_values WHERE metric = 'judged' AND rollout_id % 3 = ${draw(3)}`,
  ][draw(3)]!;
  shell.exec(statement);
  shell.close();
};

test('kept counts are what the rows give, after any writes, errors that give way, and changes by hand', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const store = openStore(file);
  for (const id of ['a', 'b']) store.startRun(manifestOf({ runId: id }), questions);
  const rng = seededRng(5);
  for (let round = 0; round < 200; round++) {
    change(store, file, rng);
    if (round % 20 === 19) for (const id of ['a', 'b']) assertCounts(store, id);
  }
  expect([...store.readRecords('a')].length).toBeGreaterThan(10);
  for (const id of ['a', 'b']) store.finishRun(id);
  store.rescoreRun('a', [
    { id: 'exactMatch', version: 2, score: () => 0.25 },
    { id: 'new', version: 1, score: () => null },
  ] as never);
  assertCounts(store, 'a');
  store.deleteRun('b');
  assertCounts(store, 'a');
  store.close();
  expect(checkStore(file).checks.filter(({ problems }) => problems.length > 0)).toEqual([]);
});

test('counts that went wrong are found by the check and counted again', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const store = openStore(file);
  store.startRun(manifestOf(), questions);
  for (const question of questions) store.appendRecord(rolloutRecord(question));
  store.close();
  const shell = new Database(file);
  shell.exec(
    "UPDATE cells SET rollouts = 7; DELETE FROM cell_metrics WHERE metric = 'judged'; UPDATE runs SET planned = 1",
  );
  shell.close();
  expect(
    checkStore(file)
      .checks.filter(({ problems }) => problems.length > 0)
      .map(({ name }) => name),
  ).toEqual(['manifests', 'kept counts of rollouts', 'kept sums of metrics']);
  recountStore(file);
  expect(checkStore(file).sound).toBe(true);
  const back = openStore(file, { readonly: true });
  assertCounts(back, runId);
  back.close();
});

/** A store as checkouts before ULIDs made it. */
const storeOfVersion2 = (file: string): void => {
  const client = new Database(file);
  for (const name of ['0001-spine', '0002-training']) {
    client.exec(readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8'));
  }
  client.pragma(`application_id = ${applicationId}`);
  client.pragma('user_version = 2');
  const run = (id: number, started: string) => {
    const name = `toy-${id}`;
    const manifest = JSON.stringify(manifestOf({ runId: name, startedAt: started }));
    client
      .prepare("INSERT INTO runs VALUES (?, ?, 1, ?, 'finished', ?, '2026', 'p')")
      .run(id, name, manifest, started);
    client.exec(`
      INSERT INTO arms VALUES (${2 * id}, ${id}, 0, 'ReAct', '{}'), (${2 * id + 1}, ${id}, 1, 'CoA', '{}');
      INSERT INTO seeds VALUES (${id}, 0, 7), (${id}, 1, 7);
      INSERT INTO datasets VALUES (${2 * id}, ${id}, 0, 'nq', 'aa'), (${2 * id + 1}, ${id}, 1, 'hotpotqa', 'bb');
    `);
  };
  client.exec("INSERT INTO experiments VALUES (1, 'toy')");
  run(1, '2026-01-02T03:04:05.000Z');
  run(2, '2025-01-02T03:04:05.000Z');
  run(3, '2026-01-02T03:04:05.000Z');
  const json = (dataset: string, id: string) => JSON.stringify(questionOf(dataset, id));
  client
    .prepare("INSERT INTO questions VALUES (1, 2, 0, 'q1', ?), (2, 3, 0, 'h1', ?)")
    .run(json('nq', 'q1'), json('hotpotqa', 'h1'));
  client.exec(`
    INSERT INTO rollouts VALUES
      (1, 3, 1, 0, 5, 'rollout', 'answered', 'coa@1', 1.5), (2, 3, 1, 1, 6, 'rollout', 'answered', 'coa@1', 1.5),
      (3, 3, 2, 0, 5, 'error', NULL, NULL, 0.25), (4, 2, 1, 0, 5, 'rollout', 'horizon', 'react@1', 1.5);
    INSERT INTO errors VALUES (3, 'server said 500', 3);
    INSERT INTO usage VALUES (1, 1, 1, 1), (2, 1, 1, 1), (4, 1, 1, 1);
    INSERT INTO metric_values VALUES (1, 'exactMatch', 1, 1), (2, 'exactMatch', 1, 0), (4, 'exactMatch', 1, NULL);
  `);
  client.close();
};

test('a store of schema version 2 gets ULIDs by the time of the start, its counts and its planned rollouts', () => {
  const file = join(temporaryFolder(), 'runs.db');
  storeOfVersion2(file);
  expect(() => openStore(file, { readonly: true })).toThrow(
    '`coa store upgrade` brings it up to date',
  );
  expect(upgradeStore(file)).toMatchObject({ before: 2, after: 3 });
  expect(upgradeStore(file)).toMatchObject({ before: 3, after: 3 });
  expect(checkStore(file).checks.filter(({ problems }) => problems.length > 0)).toEqual([]);
  const store = openStore(file, { readonly: true });
  const listed = store.listRuns();
  // The last stored of one millisecond is the last started.
  expect(listed.map((run) => run.runId)).toEqual(['toy-3', 'toy-1', 'toy-2']);
  expect(listed.map(({ ulid }) => ulid?.slice(0, 10))).toEqual([
    '01KDYAK348',
    '01KDYAK348',
    '01JGJFGR48',
  ]);
  expect(listed[1]).toMatchObject({
    ...{ planned: 12, rollouts: 3, errors: 1, labels: [] },
    arms: [
      { name: 'ReAct', rollouts: 1, errors: 0, exactMatch: null },
      { name: 'CoA', rollouts: 2, errors: 1, exactMatch: 0.5 },
    ],
  });
  assertCounts(store, 'toy-1');
  store.close();
});

test('runs are ordered and named by their ULID as well, which stays when they go on', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const first = openStore(file);
  for (const [id, startedAt] of [
    ['late', '2026-03-01T00:00:00.000Z'],
    ['early', '2026-01-01T00:00:00.000Z'],
    ['undated', 'some day'],
  ] as const)
    first.startRun(manifestOf({ runId: id, startedAt }));
  const ulids = first.listRuns().map(({ ulid }) => ulid!);
  expect(first.listRuns().map((run) => run.runId)).toEqual(['late', 'early', 'undated']);
  expect(new Set(ulids).size).toBe(3);
  expect(first.resolveRun(ulids[1]!)).toBe('early');
  expect(first.resolveRun(ulids[0]!.slice(0, 8).toLowerCase())).toBe('late');
  expect(() => first.resolveRun('01K')).toThrow("'01K' fits 2 runs");
  first.close();
  const later = openStore(file);
  later.startRun(manifestOf({ runId: 'early', startedAt: '2027-01-01T00:00:00.000Z' }));
  expect(later.listRuns().map(({ ulid }) => ulid)).toEqual(ulids);
  later.close();
});

test('labels are added, removed, listed and asked for; a change is whole or not at all', () => {
  const store = openStore(':memory:');
  for (const id of ['a', 'b']) store.startRun(manifestOf({ runId: id }));
  expect(store.labelRun('a', { add: ['paper', 'draft', 'paper'] })).toEqual(['draft', 'paper']);
  expect(store.labelRun('b', { add: ['paper'] })).toEqual(['paper']);
  expect(store.labelRun('a', { add: ['final'], remove: ['draft'] })).toEqual(['final', 'paper']);
  expect(() => store.labelRun('a', { add: ['x'], remove: ['y'] })).toThrow(
    "run 'a' has no label y; it has final, paper",
  );
  for (const odd of ['', 'two words', 'a,b', '+a', '-a', 'a\u0000', 'x'.repeat(65)])
    expect(() => store.labelRun('a', { add: ['ok', odd] }), odd).toThrow('is no label');
  const listed = (labels: string[]) => store.listRuns({ labels }).map((run) => run.runId);
  expect(store.listRuns().map(({ labels }) => labels)).toEqual([['paper'], ['final', 'paper']]);
  expect([listed(['paper']), listed(['paper', 'final']), listed(['none'])]).toEqual([
    ['b', 'a'],
    ['a'],
    [],
  ]);
  expect(store.listRuns({ limit: 1 }).map((run) => run.runId)).toEqual(['b']);
  expect(store.listRuns({ experiment: 'other' })).toEqual([]);
  store.deleteRun('a');
  expect(listed(['paper'])).toEqual(['b']);
});

test('a reader sees what was stored last, and whether the run is being written', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const writer = openStore(file);
  writer.startRun(manifestOf(), questions);
  const reader = openStore(file, { readonly: true });
  expect(reader.isBeingWritten(runId)).toBe(true);
  for (const question of questions) writer.appendRecord(rolloutRecord(question));
  const newest = [...reader.readRecords(runId, { newest: 2, outcome: 'rollout', tokens: false })];
  expect(newest).toEqual(
    [questions[2]!, questions[1]!].map((question) => rolloutRecord(question, { tokens: null })),
  );
  writer.finishRun(runId);
  expect(reader.isBeingWritten(runId)).toBe(false);
  expect(() => reader.isBeingWritten('none')).toThrow("no run 'none'");
  writer.startRun(manifestOf());
  expect(reader.isBeingWritten(runId)).toBe(true);
  for (const store of [reader, writer]) store.close();
});

test('of a training the newest steps are read, or those after one', () => {
  const store = openStore(':memory:');
  store.startTraining({ key: 'k', stage: 'SFT-1', seed: 1, recipe: {} });
  for (let step = 1; step <= 5; step++)
    store.appendTrainingStep('k', { step, steps: 9, numbers: { loss: 1 / step }, rollouts: [] });
  const read = (filter: object) => store.readTrainingSteps('k', filter).map(({ step }) => step);
  expect([
    read({}),
    read({ newest: 2 }),
    read({ after: 3 }),
    read({ after: 1, newest: 1 }),
  ]).toEqual([[1, 2, 3, 4, 5], [4, 5], [4, 5], [5]]);
  expect(store.listTrainings()).toMatchObject([{ step: 5, steps: 9 }]);
  store.close();
});
