import type { Database } from 'better-sqlite3';
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';

/** The name under which the store that rows come from is attached. */
export const other = 'other';

/** Kinds of rows whose ids differ between two stores. */
export type MovedKind =
  | 'arm'
  | 'dataset'
  | 'question'
  | 'rollout'
  | 'training-step'
  | 'training-question'
  | 'training-rollout';

/** An empty table of this connection: which row of the other store is which row of ours. */
export const prepareMoved = (client: Database): void => {
  client.exec(`
    CREATE TEMP TABLE IF NOT EXISTS moved (
      kind TEXT NOT NULL, theirs INTEGER NOT NULL, ours INTEGER NOT NULL, PRIMARY KEY (kind, theirs)
    ) WITHOUT ROWID;
    DELETE FROM temp.moved;
  `);
};

/** Notes pairs of ids: `pairs` selects theirs and ours. Returns how many. */
export const noteMoved = (
  client: Database,
  kind: MovedKind,
  pairs: string,
  values: readonly unknown[] = [],
): number =>
  client
    .prepare(`INSERT INTO temp.moved SELECT '${kind}', theirs, ours FROM (${pairs})`)
    .run(...values).changes;

/**
 * The rows of `other.<table>`, as `theirs`, whose `column` was moved, as `alias.ours`. CROSS JOIN keeps SQLite to the
 * order in which it is written: from the few moved rows by an index to theirs, never through all rows of theirs.
 */
export const fromMoved = (
  kind: MovedKind,
  alias: string,
  { table, column }: { readonly table: SQLiteTable; readonly column: string },
): string =>
  `FROM temp.moved AS ${alias} CROSS JOIN ${other}.${getTableName(table)} AS theirs
    ON ${alias}.kind = '${kind}' AND theirs.${column} = ${alias}.theirs`;

/** Adds `alias.ours` for a column of theirs; rows that were not moved fall away. */
export const joinMoved = (kind: MovedKind, alias: string, column: string): string =>
  `CROSS JOIN temp.moved AS ${alias} ON ${alias}.kind = '${kind}' AND ${alias}.theirs = theirs.${column}`;

/**
 * Copies rows of the other store into the same table of ours: every column as it is, but those for which `changed` has
 * an expression. `from` calls the other table `theirs`. Returns how many.
 */
export const copyRows = (
  client: Database,
  table: SQLiteTable,
  { changed, from }: { readonly changed: Readonly<Record<string, string>>; readonly from: string },
): number => {
  const name = getTableName(table);
  const columns = Object.values(getTableColumns(table)).map((column) => column.name);
  const strange = Object.keys(changed).filter((column) => !columns.includes(column));
  if (strange.length > 0) throw new Error(`${name} has no column ${strange.join(', ')}`);
  const values = columns.map((column) => changed[column] ?? `theirs."${column}"`);
  const list = columns.map((column) => `"${column}"`).join(', ');
  const sql = `INSERT INTO main.${name} (${list}) SELECT ${values.join(', ')} ${from}`;
  return client.prepare(sql).run().changes;
};

/** Copies what belongs to moved rollouts. */
export const copyParts = (
  client: Database,
  kind: MovedKind,
  tables: readonly SQLiteTable[],
): void => {
  for (const table of tables) {
    const from = fromMoved(kind, 'moved', { table, column: 'rollout_id' });
    copyRows(client, table, { changed: { rollout_id: 'moved.ours' }, from });
  }
};
