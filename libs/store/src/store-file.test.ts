import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { connect } from './connection.ts';
import { applicationId, knownVersion } from './migrate.ts';
import {
  errorRecord,
  manifestOf,
  questionOf,
  rolloutRecord,
  temporaryFolder,
} from './records.test-data.ts';
import * as schema from './schema.ts';
import { openStore } from './store.ts';
import * as trainingSchema from './training-schema.ts';

test('the migrations make the tables and columns that the schema names', () => {
  const { client } = connect(':memory:', { readonly: false, busyTimeoutMs: 0 });
  const names = client.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const tables = [...Object.values(schema), ...Object.values(trainingSchema)];
  expect(tables.map(getTableName).sort()).toEqual([...names].sort());
  for (const table of tables) {
    const made = client.pragma(`table_info(${getTableName(table)})`) as {
      name: string;
      type: string;
      notnull: number;
      pk: number;
    }[];
    const stated = Object.values(getTableColumns(table)).map((column) => [
      column.name,
      column.getSQLType().toUpperCase(),
      column.notNull,
    ]);
    // SQLite calls an integer primary key nullable, though it never is.
    const found = made.map(({ name, type, notnull, pk }) => [name, type, notnull + pk > 0]);
    expect(found, getTableName(table)).toEqual(stated);
  }
});

test('a new store is in WAL mode, its folder is made, and opening it again changes nothing', () => {
  const file = join(temporaryFolder(), 'a', 'b', 'runs.db');
  openStore(file).close();
  openStore(file).close();
  const client = new Database(file);
  expect(client.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(client.pragma('user_version', { simple: true })).toBe(knownVersion);
  client.close();
});

test('reading a store that is not there fails and makes none', () => {
  const file = join(temporaryFolder(), 'runs.db');
  expect(() => openStore(file, { readonly: true })).toThrow(`no run store at ${file}`);
  expect(existsSync(file)).toBe(false);
});

test('a store that is only read refuses writes and leaves no lock', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'runs.db');
  openStore(file).close();
  const store = openStore(file, { readonly: true });
  expect(store.listRuns()).toEqual([]);
  expect(() => store.startRun(manifestOf())).toThrow('opened for reading');
  store.close();
  expect(readdirSync(folder).filter((name) => name.endsWith('.locks'))).toEqual([]);
});

test('a store of a newer schema says which version it has, which we know, and what to do', () => {
  const file = join(temporaryFolder(), 'runs.db');
  openStore(file).close();
  const client = new Database(file);
  client.pragma(`user_version = ${knownVersion + 3}`);
  client.close();
  const message = `schema version ${knownVersion + 3}; this checkout knows versions up to ${knownVersion}`;
  expect(() => openStore(file)).toThrow(message);
  expect(() => openStore(file, { readonly: true })).toThrow('Update the checkout');
});

test('a file that is no SQLite database, another database and a folder are refused untouched', () => {
  const folder = temporaryFolder();
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'not a database, but longer than a header would be. '.repeat(40));
  expect(() => openStore(text)).toThrow('the file is not an SQLite database');
  const other = join(folder, 'other.db');
  const client = new Database(other);
  client.exec('CREATE TABLE songs (title TEXT)');
  client.close();
  expect(() => openStore(other)).toThrow('is an SQLite database, but not a run store');
  expect(readdirSync(folder).sort()).toEqual(['notes.txt', 'other.db']);
  mkdirSync(join(folder, 'runs.db'));
  expect(() => openStore(join(folder, 'runs.db'))).toThrow('is not a file');
});

test('a full disk fails one record by name; all before it are kept, and writing goes on later', () => {
  const file = join(temporaryFolder(), 'runs.db');
  // max_page_count makes SQLite answer SQLITE_FULL, as it does where the disk has no room.
  const limited = openStore(file, { maxPages: 60 });
  limited.startRun(manifestOf());
  const records = Array.from({ length: 200 }, (_, index) =>
    rolloutRecord(questionOf('nq', `q${String(index).padStart(3, '0')}`), {
      steps: [{ kind: 'think', text: 'x'.repeat(2000) }],
    }),
  );
  let stored = 0;
  const fill = () => {
    for (const record of records) {
      limited.appendRecord(record);
      stored += 1;
    }
  };
  expect(fill).toThrow(/cannot store the record of arm 'CoA', question nq\/q\d+, repeat 0.*full/);
  expect(stored).toBeGreaterThan(10);
  expect([...limited.readRecords('toy-1a2b3c')]).toEqual(records.slice(0, stored));
  limited.close();
  const store = openStore(file);
  expect(store.startRun(manifestOf())).toBe('resumed');
  records.slice(stored).forEach((record) => void store.appendRecord(record));
  expect([...store.readRecords('toy-1a2b3c')]).toEqual(records);
  store.close();
});

test('a store of schema version 1 is brought up to date with all it has', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const client = new Database(file);
  client.exec(readFileSync(new URL('./migrations/0001-spine.sql', import.meta.url), 'utf8'));
  client.pragma(`application_id = ${applicationId}`);
  client.pragma('user_version = 1');
  const manifest = JSON.stringify(manifestOf());
  client.exec(`
    INSERT INTO experiments VALUES (1, 'toy');
    INSERT INTO runs VALUES (1, 'toy-1a2b3c', 1, '${manifest}', 'finished', '2026', '2026', 'p');
    INSERT INTO arms VALUES (1, 1, 0, 'ReAct', '{}'), (2, 1, 1, 'CoA', '{}');
    INSERT INTO datasets VALUES (1, 1, 0, 'nq', 'aa');
    INSERT INTO questions VALUES (1, 1, 0, 'q1', '${JSON.stringify(questionOf('nq', 'q1'))}');
    INSERT INTO rollouts VALUES (1, 2, 1, 0, 5, 'error', NULL, NULL, 0.25);
    INSERT INTO errors VALUES (1, 'server said 500', 3);
  `);
  client.close();
  expect(() => openStore(file, { readonly: true })).toThrow('has schema version 1');
  const store = openStore(file);
  expect([...store.readRecords('toy-1a2b3c')]).toEqual([errorRecord(questionOf('nq', 'q1'))]);
  expect(store.startTraining({ key: 'k', stage: 'SFT-1', seed: 1, recipe: {} })).toBe('new');
  store.close();
});
