import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { ulidAfter, ulidOf, ulidTime } from './ulid.ts';

/**
 * A ULID for a run that started then: of runs of one millisecond in one store, the later stored has the later one. A
 * start that is no date counts as 1970. Call it in a transaction.
 */
export const newUlid = (client: Database, startedAt: string): string => {
  const milliseconds = Date.parse(startedAt);
  const time = ulidTime(milliseconds);
  const last = client
    .prepare('SELECT max(ulid) FROM runs WHERE ulid >= ? AND ulid <= ?')
    .pluck()
    .get(time, `${time}~`) as string | null;
  return last === null ? ulidOf(milliseconds, randomBytes(10)) : ulidAfter(last);
};

type Unnamed = { readonly id: number; readonly startedAt: string };

/** Gives a ULID to every run that has none: those of stores from before there were any. */
export const giveUlids = (client: Database): void => {
  const unnamed = client.prepare<[], Unnamed>(
    'SELECT id, started_at AS startedAt FROM runs WHERE ulid IS NULL ORDER BY id',
  );
  if (unnamed.get() === undefined) return;
  const name = client.prepare('UPDATE runs SET ulid = ? WHERE id = ?');
  const give = client.transaction(() => {
    for (const { id, startedAt } of unnamed.all()) name.run(newUlid(client, startedAt), id);
  });
  give.immediate();
};
