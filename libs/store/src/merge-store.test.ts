import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { checkStore } from './check-store.ts';
import { exportRun } from './export-run.ts';
import { mergeStore } from './merge-store.ts';
import { knownVersion } from './migrate.ts';
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

const [q9, q1, h1] = questions as [
  (typeof questions)[0],
  (typeof questions)[0],
  (typeof questions)[0],
];

/** Two files of two machines in one folder, and their stores. */
const machines = () => {
  const folder = temporaryFolder();
  const [here, there] = [join(folder, 'here.db'), join(folder, 'there.db')];
  return { here, there, ours: openStore(here), theirs: openStore(there) };
};

const train = (store: Store, key: string, steps: readonly number[]): void => {
  store.startTraining({ key, stage: 'RL-1', seed: 1, recipe: { alpha: 0.1 } });
  const { outcome } = rolloutRecord(q9);
  if (outcome.kind === 'error') throw new Error('a rollout is needed');
  const rated = (reward: number) => ({
    rollout: outcome.rollout,
    group: 0,
    reward,
    advantage: reward,
  });
  for (const step of steps)
    store.appendTrainingStep(key, {
      step,
      steps: 9,
      numbers: { loss: step },
      rollouts: [rated(0), rated(1)],
    });
};

const trained = (store: Store, key: string) => ({
  steps: store.readTrainingSteps(key),
  rollouts: [...store.readTrainingRollouts(key)],
});

const exported = (store: Store, runId: string): string =>
  Buffer.concat([
    ...exportRun(store, runId, { format: 'jsonl', tokens: true, timing: true }),
  ]).toString();

/** A whole run with odd texts, an error, trainings and labels. */
const fill = (store: Store, runId: string): void => {
  const odd = questionOf('nq\0\ud800', 'q\0', 'a\0b\ud800c');
  store.startRun(manifestOf({ runId }), [...questions, odd]);
  store.appendRecord(rolloutRecord(q9, { runId }));
  store.appendRecord(rolloutRecord(odd, { runId, arm: 'ReAct', repeat: 1 }));
  store.appendRecord(errorRecord(h1, { runId }));
  store.linkTrainings(runId, 'CoA', 0, ['k']);
  store.labelRun(runId, { add: ['cluster', 'paper'] });
  store.finishRun(runId);
};

test('runs, trainings and labels of another store are brought exactly, and again changes nothing', () => {
  const { here, there, ours, theirs } = machines();
  train(ours, 'k', [1]);
  fill(ours, 'mine');
  train(theirs, 'k', [1, 2, 3]);
  train(theirs, 'l', [1]);
  fill(theirs, 'first');
  fill(theirs, 'second');
  const before = exported(ours, 'mine');
  const heard: string[] = [];
  const merged = mergeStore(here, there, ({ kind, name, outcome }) =>
    heard.push(`${kind} ${name} ${outcome}`),
  );
  expect(heard).toEqual([
    'training k completed',
    'training l added',
    'run first added',
    'run second added',
  ]);
  expect(merged).toMatchObject([
    { added: 2 },
    { added: 1 },
    { added: 3, kept: 0, labels: 2 },
    { added: 3 },
  ]);
  for (const runId of ['first', 'second']) {
    expect(exported(ours, runId)).toBe(exported(theirs, runId));
    expect(ours.trainingsOf(runId)).toEqual(theirs.trainingsOf(runId));
    expect(ours.summarizeRun(runId)).toEqual(theirs.summarizeRun(runId));
  }
  for (const key of ['k', 'l']) expect(trained(ours, key)).toEqual(trained(theirs, key));
  // Status, times, labels and ULID too.
  expect(ours.listRuns().filter((run) => run.runId !== 'mine')).toEqual(theirs.listRuns());
  expect(exported(ours, 'mine')).toBe(before);
  const state = () => [ours.listRuns(), ours.listTrainings(), exported(ours, 'first')];
  const once = state();
  expect(new Set(mergeStore(here, there).map(({ outcome }) => outcome))).toEqual(
    new Set(['unchanged']),
  );
  expect(state()).toEqual(once);
  expect(checkStore(here).checks.filter(({ problems }) => problems.length > 0)).toEqual([]);
  for (const store of [ours, theirs]) store.close();
});

test('of a run that both have, what is missing is brought; an error gives way, a finished rollout never does', () => {
  const { here, there, ours, theirs } = machines();
  const runId = 'toy-1a2b3c';
  const mine = [rolloutRecord(q9), errorRecord(q1), errorRecord(h1, { arm: 'ReAct' })];
  const yours = [
    rolloutRecord(q9, { steps: [{ kind: 'answer', text: 'something else' }] }),
    rolloutRecord(q1),
    errorRecord(h1, { arm: 'ReAct', repeat: 0 }),
    rolloutRecord(h1, { repeat: 1 }),
  ];
  for (const [store, records] of [
    [ours, mine],
    [theirs, yours],
  ] as const) {
    store.startRun(manifestOf(), questions);
    for (const record of records) store.appendRecord(record);
  }
  ours.labelRun(runId, { add: ['here'] });
  theirs.labelRun(runId, { add: ['there'] });
  theirs.finishRun(runId);
  const skipped = mergeStore(here, there);
  expect(skipped).toMatchObject([
    { outcome: 'skipped', reason: expect.stringContaining('being written here') },
  ]);
  ours.close();
  expect(mergeStore(here, there)).toEqual([
    { kind: 'run', name: runId, outcome: 'completed', added: 2, kept: 2, labels: 1 },
  ]);
  const after = openStore(here, { readonly: true });
  expect([...after.readRecords(runId)]).toEqual([mine[2], mine[0], yours[1], yours[3]]);
  expect(after.listRuns()[0]).toMatchObject({
    status: 'finished',
    labels: ['here', 'there'],
    rollouts: 3,
    errors: 1,
  });
  after.close();
  theirs.close();
  expect(checkStore(here).sound).toBe(true);
});

test('what cannot be the same is skipped whole, with the reason, and the rest is brought', () => {
  const { here, there, ours, theirs } = machines();
  for (const [store, seed] of [
    [ours, 7],
    [theirs, 8],
  ] as const) {
    store.startTraining({ key: 'k', stage: 'RL-1', seed, recipe: {} });
    store.startRun(manifestOf({ runId: 'settings', rootSeed: seed }), questions);
    store.startRun(manifestOf({ runId: 'golds' }), [q9, { ...q1, golds: [String(seed)] }]);
    store.appendRecord(rolloutRecord(q9, { runId: 'golds', repeat: seed - 7 }));
  }
  theirs.startRun(manifestOf({ runId: 'fine' }), questions);
  ours.close();
  expect(mergeStore(here, there)).toMatchObject([
    {
      kind: 'training',
      name: 'k',
      outcome: 'skipped',
      reason: expect.stringContaining('with seed 7'),
    },
    {
      kind: 'run',
      name: 'settings',
      outcome: 'skipped',
      reason: expect.stringContaining('rootSeed: stored 7, now 8'),
    },
    { kind: 'run', name: 'golds', outcome: 'skipped', reason: 'question q1 differs' },
    { kind: 'run', name: 'fine', outcome: 'added' },
  ]);
  const after = openStore(here, { readonly: true });
  expect([...after.readRecords('golds')]).toHaveLength(1);
  expect(after.listTrainings()).toMatchObject([{ seed: 7 }]);
  after.close();
  theirs.close();
  expect(checkStore(here).sound).toBe(true);
});

test('a run whose rows break a rule is skipped whole', () => {
  const { here, there, ours, theirs } = machines();
  ours.close();
  for (const runId of ['a', 'b']) {
    theirs.startRun(manifestOf({ runId }), questions);
    theirs.appendRecord(rolloutRecord(q9, { runId }));
  }
  theirs.close();
  const shell = new Database(there);
  shell.pragma('ignore_check_constraints = ON');
  shell.exec(
    "UPDATE steps SET kind = 'guess' WHERE rollout_id = 1 AND position = 0; UPDATE runs SET manifest = json_remove(manifest, '$.claim') WHERE run_id = 'b'",
  );
  shell.close();
  expect(mergeStore(here, there)).toMatchObject([
    { name: 'a', outcome: 'skipped', reason: expect.stringContaining('CHECK constraint failed') },
    { name: 'b', outcome: 'skipped', reason: expect.stringContaining('not a run manifest') },
  ]);
  const after = openStore(here, { readonly: true });
  expect(after.listRuns()).toEqual([]);
  after.close();
});

test('a store of another schema, the same store and no store are refused; the other store is only read', () => {
  const { here, there, ours, theirs } = machines();
  for (const store of [ours, theirs]) store.close();
  const version = (file: string, to: number): void => {
    const client = new Database(file);
    client.pragma(`user_version = ${to}`);
    client.close();
  };
  version(there, knownVersion + 1);
  expect(() => mergeStore(here, there)).toThrow(
    `schema version ${knownVersion + 1}; this checkout knows versions up to ${knownVersion}`,
  );
  version(there, knownVersion);
  expect(() => mergeStore(here, here)).toThrow('cannot be merged with itself');
  expect(() => mergeStore(here, `${there}.none`)).toThrow(
    `no store to merge at ${there}.none: name the file that was brought here`,
  );
  expect(mergeStore(join(temporaryFolder(), 'new', 'runs.db'), there)).toEqual([]);
  expect(upgradeStore(there)).toMatchObject({ before: knownVersion });
});
