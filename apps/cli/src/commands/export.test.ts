import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTable } from '@coa/report';
import { runTables } from '@coa/runner';
import { openStore } from '@coa/store';
import { beforeEach, expect, test, vi } from 'vitest';
import { exportCommand } from './export.ts';
import { storeForEachTest, storeRun } from './stored-runs.test-data.ts';

const at = storeForEachTest();
let printed = '';

beforeEach(() => {
  printed = '';
  vi.spyOn(console, 'log').mockImplementation((text: string) => {
    printed += `${text}\n`;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  storeRun(at.file, 'toy-1a', 40, { 'SFT-1&2': 30, ReAct: 10 });
});

const run = async (...words: readonly string[]): Promise<string> => {
  printed = '';
  await at.run(exportCommand(), '1a', ...words);
  return printed;
};

const tables = () => {
  const store = openStore(at.file, { readonly: true });
  try {
    return runTables(store, 'toy-1a', { home: at.folder, root: at.folder });
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
  const out = join(at.folder, 'new/all.md');
  await run('--out', out);
  expect(readFileSync(out, 'utf8')).toBe(all.map((table) => writeTable(table, 'md')).join('\n'));
  await run('--format', 'latex', '--out', `${at.folder}/tables/`);
  expect(readdirSync(join(at.folder, 'tables')).sort()).toEqual(
    all.map(({ id }) => `${id}.tex`).sort(),
  );
});

test('a table that is not there is named, with those that are', async () => {
  await expect(run('--table', 'tabel1')).rejects.toThrow(/no table 'tabel1'; it has: headline, /);
});
