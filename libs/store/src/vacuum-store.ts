import { existsSync, statSync } from 'node:fs';
import { eq } from 'drizzle-orm';
import { assertOpenable, type Connection, connect } from './connection.ts';
import { type RunLock, takeRunLock } from './run-lock.ts';
import { runs } from './schema.ts';
import { explained } from './store-failure.ts';

/** Bytes on disk, the log included. */
export type Vacuumed = { readonly file: string; readonly before: number; readonly after: number };

const bytesOf = (file: string): number =>
  [file, `${file}-wal`].reduce(
    (sum, part) => sum + (existsSync(part) ? statSync(part).size : 0),
    0,
  );

/** The locks of all runs that could be written; throws where one is being written. */
const lockUnfinished = ({ db, file }: Connection): RunLock[] => {
  const held: RunLock[] = [];
  const unfinished = db
    .select({ runId: runs.runId, writer: runs.writer })
    .from(runs)
    .where(eq(runs.status, 'unfinished'))
    .all();
  for (const { runId, writer } of unfinished) {
    const lock = takeRunLock(file, runId);
    if (lock) held.push(lock);
    else {
      for (const each of held) each.release();
      throw new Error(
        `run '${runId}' in ${file} is being written by ${writer}; vacuum when it has ended, since it would have to wait for all of it`,
      );
    }
  }
  return held;
};

/**
 * Gives the disk back what deleted runs took. Needs as much free disk as the store is big, for as long as it takes;
 * throws where a run is being written.
 */
export const vacuumStore = (file: string): Vacuumed => {
  assertOpenable(file, true);
  const connection = connect(file, { readonly: false, busyTimeoutMs: 30_000 });
  const { client, file: path } = connection;
  try {
    const locks = lockUnfinished(connection);
    try {
      return explained('vacuum the run store', path, () => {
        client.pragma('wal_checkpoint(TRUNCATE)');
        const before = bytesOf(path);
        client.exec('VACUUM');
        client.pragma('wal_checkpoint(TRUNCATE)');
        return { file: path, before, after: bytesOf(path) };
      });
    } finally {
      for (const lock of locks) lock.release();
    }
  } finally {
    client.close();
  }
};
