import { getTableColumns, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Connection } from './connection.ts';

/** Prepares the insertion of one whole row; returns the function that runs it. */
export const preparedInsert = <T extends SQLiteTable>(db: Connection['db'], table: T) => {
  const columns = Object.keys(getTableColumns(table));
  const values = Object.fromEntries(columns.map((name) => [name, sql.placeholder(name)]));
  const statement = db
    .insert(table)
    .values(values as T['$inferInsert'])
    .prepare();
  // Every column is named, null included: a placeholder without a value is an error.
  return (row: { [column in keyof T['$inferSelect']]: T['$inferSelect'][column] | null }) =>
    statement.run(row as Record<string, unknown>);
};
