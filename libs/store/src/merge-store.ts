import { existsSync, realpathSync } from 'node:fs';
import Database from 'better-sqlite3';
import { assertOpenable, type Connection, connect } from './connection.ts';
import { other } from './copy-rows.ts';
import { encodeText } from './lossless-text.ts';
import { mergeRun, theirRuns } from './merge-run.ts';
import { mergeTraining, theirTrainings } from './merge-training.ts';
import type { Merged } from './merged.ts';
import { takeRunLock } from './run-lock.ts';
import { explained } from './store-failure.ts';

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

/** What is wrong with what is brought; failures of the disk and of the files are something else. */
const isFault = (cause: unknown): boolean =>
  !(cause instanceof Database.SqliteError) || cause.code.startsWith('SQLITE_CONSTRAINT');

/** Whole or not at all: where it cannot be brought, nothing of it is. */
const attempt = (
  { client }: Connection,
  kind: Merged['kind'],
  { name, work }: { readonly name: string; readonly work: () => Merged },
): Merged => {
  try {
    return client.transaction(work).immediate();
  } catch (cause) {
    if (!isFault(cause)) throw cause;
    return { kind, name, outcome: 'skipped', reason: messageOf(cause) };
  }
};

const mergeLockedRun = (connection: Connection, runId: string): Merged => {
  const lock = takeRunLock(connection.file, runId);
  if (!lock) {
    const reason = 'it is being written here; merge again when that has ended';
    return { kind: 'run', name: runId, outcome: 'skipped', reason };
  }
  try {
    const work = () => mergeRun(connection, encodeText(runId));
    return attempt(connection, 'run', { name: runId, work });
  } finally {
    lock.release();
  }
};

const mergeAll = (connection: Connection, onMerged: (merged: Merged) => void): Merged[] => {
  const merged: Merged[] = [];
  const done = (one: Merged): void => {
    merged.push(one);
    onMerged(one);
  };
  // Trainings first: runs say which of them made their models.
  for (const key of theirTrainings(connection)) {
    const work = () => mergeTraining(connection, key);
    done(attempt(connection, 'training', { name: key, work }));
  }
  for (const runId of theirRuns(connection)) done(mergeLockedRun(connection, runId));
  return merged;
};

/**
 * Brings the runs, trainings and labels of another store that `file` does not have, each in one transaction; `file` is
 * made where there is none, the other store is only read. What is here is never overwritten: of a run that both have,
 * the rollouts that are missing here are brought; merging again changes nothing. `onMerged` hears of each at once.
 * Throws where the other store is of another schema version.
 */
export const mergeStore = (
  file: string,
  otherFile: string,
  onMerged: (merged: Merged) => void = () => undefined,
): readonly Merged[] => {
  if (!existsSync(otherFile)) {
    throw new Error(`no store to merge at ${otherFile}: name the file that was brought here`);
  }
  assertOpenable(otherFile, true);
  // Says what is wrong with the other file, its schema version first.
  connect(otherFile, { readonly: true, busyTimeoutMs: 30_000 }).client.close();
  const connection = connect(file, { readonly: false, busyTimeoutMs: 30_000 });
  try {
    if (realpathSync(otherFile) === connection.file) {
      throw new Error(`${connection.file} cannot be merged with itself; name another store`);
    }
    explained('open the run store', otherFile, () =>
      connection.client.prepare(`ATTACH ? AS ${other}`).run(realpathSync(otherFile)),
    );
    return explained(`merge ${otherFile}`, connection.file, () => mergeAll(connection, onMerged));
  } finally {
    connection.client.close();
  }
};
