import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { explained } from './store-failure.ts';

const said = (code: string): string => {
  try {
    explained('read', 'runs.db', () => {
      throw new Database.SqliteError('whatever SQLite says', code);
    });
  } catch (cause) {
    return (cause as Error).message;
  }
  return expect.unreachable();
};

test.each([
  ['SQLITE_READONLY_DIRECTORY', 'copy the store into a folder of your own'],
  ['SQLITE_READONLY_DBMOVED', 'check the permissions of the file and its folder'],
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_ERROR', 'whatever SQLite says'],
])('%s is said with the file and what to do', (code, words) => {
  expect(said(code)).toMatch(/^cannot read in runs\.db: /);
  expect(said(code)).toContain(words);
  expect(said(code)).toContain(`[${code}]`);
});

test('what is not of SQLite passes unchanged', () => {
  const own = new Error('ours');
  expect(() =>
    explained('read', 'runs.db', () => {
      throw own;
    }),
  ).toThrow(own);
});
