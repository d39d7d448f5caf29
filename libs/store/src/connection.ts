import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { checkedVersion, knownVersion, migrate } from './migrate.ts';
import { giveUlids } from './run-ulids.ts';
import { explained } from './store-failure.ts';

/** An open store: the driver's handle and drizzle's view of it. */
export type Connection = {
  readonly client: Database.Database;
  readonly db: BetterSQLite3Database;
  /** Absolute, links resolved; `:memory:` stays. */
  readonly file: string;
};

export type ConnectionOptions = {
  /** Neither creates nor changes the file; a missing one is an error. */
  readonly readonly: boolean;
  /** How long a write waits for another process's write. */
  readonly busyTimeoutMs: number;
};

const pause = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

/** Two processes that turn a fresh file to WAL at once: SQLite fails one without its busy time-out, so try again. */
const enterWal = (client: Database.Database, busyTimeoutMs: number): void => {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      client.pragma('journal_mode = WAL');
      return;
    } catch (cause) {
      const isBusy = cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
      if (!isBusy || performance.now() > deadline) throw cause;
      pause(20);
    }
  }
};

const prepare = (client: Database.Database, file: string, options: ConnectionOptions): void => {
  if (options.readonly) {
    const version = checkedVersion(client, file);
    if (version === knownVersion) return;
    throw new Error(
      `${file} has schema version ${version}, this checkout ${knownVersion}: \`coa store upgrade\` brings it up to date, and so does the next run that writes to it`,
    );
  }
  checkedVersion(client, file);
  enterWal(client, options.busyTimeoutMs);
  // A commit survives the death of the process at once, a power cut after the next checkpoint.
  client.pragma('synchronous = NORMAL');
  client.pragma('foreign_keys = ON');
  client.pragma('journal_size_limit = 67108864');
  // Measured on trajectories of 30 steps: folding the log in every 32 MB instead of 4 stores a fifth more a second.
  client.pragma('wal_autocheckpoint = 8000');
  client.pragma('cache_size = -32768');
  migrate(client, file);
  giveUlids(client);
};

/** A folder for a new store is made; a store to be read must be there. */
export const assertOpenable = (file: string, readonly: boolean): void => {
  if (file === ':memory:') return;
  if (readonly && !existsSync(file)) {
    throw new Error(
      `no run store at ${file}: nothing was run yet, or --store or COA_HOME points elsewhere`,
    );
  }
  if (existsSync(file) && !statSync(file).isFile()) {
    throw new Error(`${file} is not a file; name the store's file`);
  }
  if (!readonly) mkdirSync(dirname(file), { recursive: true });
};

/** Opens and, unless `readonly`, creates or migrates. Throws with the reason where the file is no store of ours. */
export const connect = (file: string, options: ConnectionOptions): Connection => {
  assertOpenable(file, options.readonly);
  return explained('open the run store', file, () => {
    const client = new Database(file, {
      readonly: options.readonly,
      timeout: options.busyTimeoutMs,
    });
    try {
      prepare(client, file, options);
    } catch (cause) {
      client.close();
      throw cause;
    }
    const path = file === ':memory:' ? file : realpathSync(file);
    return { client, db: drizzle(client), file: path };
  });
};
