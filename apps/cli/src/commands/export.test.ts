import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTable } from '@coa/report';
import { runTables } from '@coa/runner';
import { openStore } from '@coa/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { exportCommand } from './export.ts';
import { storeRun } from './stored-runs.test-data.ts';

let folder = '';
let file = '';
let printed = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coa-export-'));
  file = join(folder, 'runs.db');
  printed = '';
  vi.spyOn(console, 'log').mockImplementation((text: string) => {
    printed += `${text}\n`;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  storeRun(file, 'toy-1a', 40, { 'SFT-1&2': 30, ReAct: 10 });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (...words: readonly string[]): Promise<string> => {
  printed = '';
  await exportCommand().parseAsync(['1a', ...words, '--store', file], { from: 'user' });
  return printed;
};

const tables = () => {
  const store = openStore(file, { readonly: true });
  try {
    return runTables(store, 'toy-1a', { home: folder, root: folder });
  } finally {
    store.close();
  }
};

test('lists what there is', async () => {
  const list = await run('--list');
  expect(list).toMatch(/^headline +Exact match at a glance \(2 x 3\)$/m);
  expect(list).toMatch(/^table1 +Table 1 of the paper/m);
  expect(JSON.parse(await run('--list', '--json'))[0]).toEqual({
    id: 'headline',
    title: 'Exact match at a glance',
    columns: 3,
    rows: 2,
  });
});

test('one table in every format, the bytes that the page gives', async () => {
  const table = tables().find(({ id }) => id === 'table1')!;
  for (const format of ['md', 'csv', 'latex', 'json'] as const)
    expect(await run('--table', 'table1', '--format', format)).toBe(writeTable(table, format));
  expect(await run('--table', 'table1', '--format', 'csv')).toContain(
    'Agent model: SFT,SFT-1&2,ours,75,',
  );
  expect(await run('--table', 'table1', '--format', 'latex')).toContain('SFT-1\\&2 & ours & ');
});

test('all tables: to the terminal, to a file, and into a folder', async () => {
  const all = tables();
  expect(JSON.parse(await run('--json')).map(({ id }: { id: string }) => id)).toEqual(
    all.map(({ id }) => id),
  );
  const out = join(folder, 'all.md');
  await run('--out', out);
  expect(readFileSync(out, 'utf8')).toBe(all.map((table) => writeTable(table, 'md')).join('\n'));
  await run('--format', 'latex', '--out', `${folder}/tables/`);
  expect(readdirSync(join(folder, 'tables')).sort()).toEqual(
    all.map(({ id }) => `${id}.tex`).sort(),
  );
});

test('a table that is not there is named, with those that are', async () => {
  await expect(run('--table', 'tabel1')).rejects.toThrow(/no table 'tabel1'; it has: headline, /);
});
