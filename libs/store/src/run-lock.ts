import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Held by the one process that may write a run. */
export type RunLock = { release(): void };

/** How long a lock is waited for: longer than `isRunLocked` looks at it, too short to be noticed. */
const patienceMs = 10;

const lockFile = (storeFile: string, runId: string): string => {
  const name = createHash('sha256').update(JSON.stringify(runId)).digest('hex').slice(0, 16);
  return join(`${storeFile}.locks`, name);
};

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');

/**
 * Takes the run's lock, or returns null where a live holder has it. The lock is the operating system's own, held
 * through an open transaction on an empty SQLite file beside the store: it ends with the process, however that ends.
 * The empty file stays, since deleting it would let two processes lock two files of one name.
 */
export const takeRunLock = (storeFile: string, runId: string): RunLock | null => {
  if (storeFile === ':memory:') return { release: () => undefined };
  mkdirSync(`${storeFile}.locks`, { recursive: true });
  const client = new Database(lockFile(storeFile, runId), { timeout: patienceMs });
  try {
    // With the journal in memory and nothing ever committed, the file stays empty and leaves no other behind.
    client.pragma('journal_mode = MEMORY');
    client.exec('BEGIN EXCLUSIVE');
    return { release: () => client.close() };
  } catch (cause) {
    client.close();
    if (isBusy(cause)) return null;
    throw cause;
  }
};

/** Whether a live process, this one included, holds the run's lock. Makes no file and never takes the lock. */
export const isRunLocked = (storeFile: string, runId: string): boolean => {
  const file = lockFile(storeFile, runId);
  if (storeFile === ':memory:' || !existsSync(file)) return false;
  const client = new Database(file, { readonly: true, timeout: 0 });
  try {
    client.prepare('SELECT 1 FROM sqlite_schema').get();
    return false;
  } catch (cause) {
    if (isBusy(cause)) return true;
    throw cause;
  } finally {
    client.close();
  }
};
