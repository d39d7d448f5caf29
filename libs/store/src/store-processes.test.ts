import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkStore } from './check-store.ts';
import { exportFormats, exportRun } from './export-run.ts';
import { mergeStore } from './merge-store.ts';
import { manifestOf, questionOf, rolloutRecord, temporaryFolder } from './records.test-data.ts';
import { openStore } from './store.ts';

/** Processes that start on a machine that is busy take their time. */
const patienceMs = 120_000;
vi.setConfig({ testTimeout: 2 * patienceMs });

const script = fileURLToPath(new URL('./writer-process.test-data.ts', import.meta.url));

type Writer = {
  readonly child: ChildProcess;
  readonly keys: () => string[];
  readonly failure: () => string;
};

const startWriter = (...args: readonly string[]): Writer => {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return {
    child,
    keys: () => output.stdout.split('\n').slice(0, -1),
    failure: () => output.stderr,
  };
};

const integrity = (file: string): unknown => {
  const client = new Database(file, { readonly: true });
  try {
    return client.pragma('integrity_check', { simple: true });
  } finally {
    client.close();
  }
};

test('three processes open a fresh store at once and store three runs side by side', async () => {
  const file = join(temporaryFolder(), 'runs.db');
  const writers = ['a', 'b', 'c'].map((runId) => startWriter(file, runId, '60'));
  const codes = await Promise.all(
    writers.map(async ({ child }) => (await once(child, 'close'))[0] as number),
  );
  expect(writers.map(({ failure }) => failure()).join('')).toBe('');
  expect(codes).toEqual([0, 0, 0]);
  const store = openStore(file, { readonly: true });
  const found = store.listRuns().map(({ runId, status, rollouts }) => [runId, status, rollouts]);
  expect(found.sort()).toEqual(['a', 'b', 'c'].map((runId) => [runId, 'finished', 60]));
  store.close();
  expect(integrity(file)).toBe('ok');
});

test('a run has one writer; after kill -9 its lock is gone, all is there, and resuming gives the same bytes', async () => {
  const file = join(temporaryFolder(), 'runs.db');
  const { child, keys } = startWriter(file, 'killed');
  await expect.poll(() => keys().length, { timeout: patienceMs, interval: 10 }).toBeGreaterThan(30);
  const store = openStore(file);
  const start = () => store.startRun(manifestOf({ runId: 'killed' }));
  expect(start).toThrow(`run 'killed' in ${store.file} is being written by process ${child.pid}`);
  expect(() => store.deleteRun('killed')).toThrow('is being written by process');
  store.close();

  child.kill('SIGKILL');
  await once(child, 'close');
  const reader = openStore(file, { readonly: true });
  const completed = reader.completedKeys('killed');
  expect(keys().filter((key) => !completed.has(key))).toEqual([]);
  // At most the record whose commit had no time to be printed comes on top.
  expect(completed.size - keys().length).toBeLessThanOrEqual(1);
  expect([...reader.readRecords('killed')]).toHaveLength(completed.size);
  reader.close();
  expect(integrity(file)).toBe('ok');
  const later = openStore(file);
  expect(later.startRun(manifestOf({ runId: 'killed' }))).toBe('resumed');
  const wanted = Array.from({ length: completed.size + 20 }, (_, index) =>
    rolloutRecord(questionOf('nq', `q${index}`), { runId: 'killed' }),
  );
  wanted.slice(completed.size).forEach((record) => void later.appendRecord(record));
  const unbroken = openStore(':memory:');
  unbroken.startRun(manifestOf({ runId: 'killed' }));
  wanted.forEach((record) => void unbroken.appendRecord(record));
  for (const format of exportFormats) {
    const [whole, resumed] = [unbroken, later].map((store) =>
      Buffer.concat([...exportRun(store, 'killed', { format, tokens: true })]),
    );
    expect(resumed!.equals(whole!), format).toBe(true);
  }
  later.close();
});

test('another store is merged while two runs are written here and one there: nothing is lost, nothing is twice', async () => {
  const folder = temporaryFolder();
  const [here, there] = [join(folder, 'here.db'), join(folder, 'there.db')];
  const source = openStore(there);
  for (const runId of ['x', 'y', 'z']) {
    source.startRun(manifestOf({ runId }));
    for (let index = 0; index < 100; index++)
      source.appendRecord(rolloutRecord(questionOf('nq', `q${index}`), { runId }));
    source.finishRun(runId);
  }
  source.close();
  // they write until the merge is over
  const stop = join(folder, 'stop');
  const [a, y, w] = [
    startWriter(here, 'a', 'Infinity', stop),
    startWriter(here, 'y', 'Infinity', stop),
    startWriter(there, 'w', 'Infinity', stop),
  ] as const;
  const writers = [a, y, w];
  const ended = Promise.all(writers.map(async ({ child }) => (await once(child, 'close'))[0]));
  const written = (): number[] => writers.map(({ keys }) => keys().length);
  const patiently = { timeout: patienceMs, interval: 10 };
  await expect.poll(() => Math.min(...written()), patiently).toBeGreaterThan(0);
  const during = mergeStore(here, there);
  expect(during.find(({ name }) => name === 'y')).toMatchObject({ outcome: 'skipped' });
  // all three are still at it, and have 100 and more of what the other store has of y
  await expect.poll(() => Math.min(...written()), patiently).toBeGreaterThan(100);
  writeFileSync(stop, '');
  expect(await ended).toEqual([0, 0, 0]);
  expect(writers.map(({ failure }) => failure()).join('')).toBe('');
  const after = mergeStore(here, there);
  expect(after.find(({ name }) => name === 'y')).toMatchObject({ outcome: 'unchanged', kept: 100 });
  const store = openStore(here, { readonly: true });
  const found = store.listRuns().map(({ runId, status, rollouts }) => [runId, status, rollouts]);
  expect(found.sort()).toEqual([
    ['a', 'finished', a.keys().length],
    ['w', 'finished', w.keys().length],
    ['x', 'finished', 100],
    ['y', 'finished', y.keys().length],
    ['z', 'finished', 100],
  ]);
  store.close();
  for (const file of [here, there]) expect(checkStore(file).sound).toBe(true);
});
