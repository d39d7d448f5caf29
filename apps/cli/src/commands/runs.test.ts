import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openStore } from '@coa/store';
import { expect, test } from 'vitest';
import { confirmed } from '../confirmed.ts';
import { runsCommand } from './runs.ts';
import { manifestOf, questionOf, storeForEachTest, storeRun } from './stored-runs.test-data.ts';

const at = storeForEachTest();

const manifest = manifestOf('toy-1a', ['CoA'], 1);

/** One run with its one rollout, and one without any. */
const fill = (): void => {
  storeRun(at.file, 'toy-1a', 1, { CoA: 1 });
  const store = openStore(at.file);
  store.startRun(manifestOf('toy-2b', ['CoA'], 1), [questionOf('q0')]);
  store.close();
};

const runs = (...words: readonly string[]) => at.run(runsCommand(), ...words);

test('no command that reads makes a store', async () => {
  for (const words of [['list'], ['show', 'x'], ['export', 'x'], ['delete', 'x', '--yes']]) {
    await expect(runs(...words)).rejects.toThrow('no run store at');
  }
  expect(existsSync(at.file)).toBe(false);
});

test('list and show print tables, and the same as JSON', async () => {
  fill();
  expect(await runs('list')).toMatch(
    /toy-1a +unfinished +1\/1 +0 +2026-01-02T03:04:05.000Z +CoA 100/,
  );
  expect(JSON.parse(await runs('list', '--json'))).toMatchObject([
    { runId: 'toy-2b', rollouts: 0 },
    { runId: 'toy-1a', rollouts: 1 },
  ]);
  expect(await runs('show', '1a')).toMatch(/CoA +nq +1 +0 +1$/);
  const shown = JSON.parse(await runs('show', 'toy-1', '--json'));
  expect(shown.manifest).toEqual(manifest);
  expect(shown.cells[0].metrics.exactMatch).toEqual({ mean: 1, n: 1 });
});

test('an id that fits several runs is refused with their names', async () => {
  fill();
  await expect(runs('show', 'toy')).rejects.toThrow('toy-1a, toy-2b');
});

test('export writes a whole file and says where', async () => {
  fill();
  const out = join(at.folder, 'new', 'run.csv');
  const said = await runs('export', '1a', '--format', 'csv', '--out', out, '--json');
  const text = readFileSync(out, 'utf8');
  expect(text.split('\r\n')[1]).toMatch(/^CoA,nq,q0,test,/);
  const bytes = Buffer.byteLength(text);
  expect(JSON.parse(said)).toEqual({ runId: 'toy-1a', format: 'csv', file: out, bytes });
  await expect(runs('export', '1a', '--format', 'csv', '--json')).rejects.toThrow('add --out');
});

test('delete asks for --yes where there is no terminal, and then removes that run alone', async () => {
  fill();
  await expect(runs('delete', '1a')).rejects.toThrow(
    "delete run 'toy-1a' with its 1 records: add --yes",
  );
  expect(JSON.parse(await runs('list', '--json'))).toHaveLength(2);
  expect(JSON.parse(await runs('delete', '1a', '--yes', '--json'))).toEqual({ deleted: 'toy-1a' });
  expect(JSON.parse(await runs('list', '--json'))).toMatchObject([{ runId: 'toy-2b' }]);
});

test.each([
  ['y\n', true],
  ['YES\n', true],
  ['\n', false],
  ['no\n', false],
  ['yesterday\n', false],
  ['', false],
])('on a terminal %j means %s', async (typed, meant) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(typed);
  expect(await confirmed('delete it?', { input, output })).toBe(meant);
  expect(String(output.read())).toContain('delete it? [y/N]');
});

test('labels are added and removed, shown and asked for, whatever letter they begin with', async () => {
  fill();
  expect(await runs('label', '1a', '+paper', '+hard', '+json')).toBe('toy-1a: hard, json, paper');
  expect(await runs('label', '1a', '-hard', '-json', '+v2')).toBe('toy-1a: paper, v2');
  expect(await runs('label', '1a')).toBe('toy-1a: paper, v2');
  expect(await runs('label', '2b')).toBe('toy-2b: no labels');
  expect(await runs('list')).toMatch(/^toy-1a .* CoA 100.0 +paper, v2$/m);
  const listed = JSON.parse(await runs('list', '--label', 'paper', 'v2', '--json'));
  expect(listed).toMatchObject([{ runId: 'toy-1a', labels: ['paper', 'v2'] }]);
  expect(await runs('list', '--label', 'none')).toBe('The store holds no such runs.');
  await expect(runs('label', '1a', 'bare')).rejects.toThrow("'bare' is no change of a label");
  await expect(runs('label', '1a', '--wrong')).rejects.toThrow("'--wrong' is no change of a label");
});

test('runs are named by their ULID too, and at most so many are listed', async () => {
  fill();
  const [last, first] = JSON.parse(await runs('list', '--json'));
  expect([last.runId, first.runId]).toEqual(['toy-2b', 'toy-1a']);
  expect(JSON.parse(await runs('show', last.ulid, '--json'))).toMatchObject({
    ...{ ulid: last.ulid, labels: [] },
    manifest: { runId: 'toy-2b' },
  });
  expect(await runs('show', '1a')).toContain(`ULID ${first.ulid}, labels: none`);
  expect(JSON.parse(await runs('list', '--limit', '1', '--json'))).toHaveLength(1);
  expect(await runs('list', '--experiment', 'other')).toBe('The store holds no such runs.');
});
