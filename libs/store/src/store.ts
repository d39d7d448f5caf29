import type { Manifest, Metric, Question, RunRecord } from '@coa/core';
import { eq } from 'drizzle-orm';
import { type Connection, connect } from './connection.ts';
import { orderMetrics, type RecordFilter, readRecords, recordIds } from './read-records.ts';
import { nameRecord, recordKey } from './record-key.ts';
import { type Rescored, rescoreRun } from './rescore.ts';
import { resolveRun } from './resolve-run.ts';
import { type LabelChange, labelRun } from './run-labels.ts';
import {
  type CellSummary,
  listRuns,
  type RunFilter,
  type RunListing,
  storedMetrics,
  summarizeRun,
} from './run-listing.ts';
import { isRunLocked, type RunLock, takeRunLock } from './run-lock.ts';
import {
  findRun,
  insertRun,
  loadRunRows,
  needRun,
  placeQuestions,
  type RunRows,
  resumeRun,
} from './run-rows.ts';
import { arms, datasets, questions, rollouts, runs } from './schema.ts';
import { explained } from './store-failure.ts';
import { checkedManifest } from './stored-json.ts';
import type { TokenEncoding } from './token-blobs.ts';
import { type TrainingStore, trainingReads, trainingWrites } from './training-store.ts';
import { recordWriter } from './write-record.ts';

export type StoreOptions = {
  /** Never creates or changes the file. Default false. */
  readonly readonly?: boolean;
  /** How long a write waits for another process's write before it fails. Default 30,000. */
  readonly busyTimeoutMs?: number;
  /** How token arrays are kept; 'deflate' is about a third of the size and several times as slow. Default 'raw'. */
  readonly tokenEncoding?: TokenEncoding;
  /** Most pages of 4 KiB that the file may grow to. Default: no limit but the disk's. */
  readonly maxPages?: number;
};

/** An open run store. Every method is synchronous; failures of disk or file throw with what to do. */
export type Store = TrainingStore & {
  /** Absolute path, links resolved. */
  readonly file: string;
  /**
   * Begins a run or goes on with it, and holds its lock until `finishRun` or `close`. `questions`, in the run's order,
   * fix the order in which records are read; without them it is the order of question ids. Throws where the stored run
   * differs in anything results depend on, and where another process is writing it.
   */
  startRun(manifest: Manifest, questions?: readonly Question[]): 'new' | 'resumed';
  /**
   * Stores a record of a started run in one transaction. Replaces an earlier error of the same key; throws where the
   * key has a finished rollout.
   */
  appendRecord(record: RunRecord): void;
  /** Marks a started run as finished and gives up its lock. */
  finishRun(runId: string): void;
  /** `recordKey`s of the finished rollouts. */
  completedKeys(runId: string): ReadonlySet<string>;
  /** `recordKey`s whose last try ended in an error. */
  errorKeys(runId: string): ReadonlySet<string>;
  /** By arm, data set and question in the run's order, then repeat; streamed, whoever writes meanwhile. */
  readRecords(runId: string, filter?: RecordFilter): Generator<RunRecord, void, undefined>;
  /** Names of what `readRecords` gives, in its order, for its filter's `ids`; an error's later try keeps its name. */
  recordIds(runId: string, filter?: RecordFilter): readonly number[];
  readManifest(runId: string): Manifest;
  /** The last started first; counts that are kept, so that it takes as long with a million rollouts as with none. */
  listRuns(filter?: RunFilter): readonly RunListing[];
  /** Another number whenever another connection has changed the file since the last call. */
  dataVersion(): number;
  /** Whether a process is writing the run now. */
  isBeingWritten(runId: string): boolean;
  /** Counts and metric means by arm and data set, kept like those of the list. */
  summarizeRun(runId: string): readonly CellSummary[];
  /** Metrics of a run: those of its manifest in their order, then others that records have. */
  metricIds(runId: string): readonly string[];
  /** The whole id for one that is shortened: its beginning, or that of its part after the last dash, or that of the ULID. */
  resolveRun(text: string): string;
  /** Adds and removes labels, whoever writes the run meanwhile; returns those that it has then. */
  labelRun(runId: string, change: LabelChange): readonly string[];
  /** Scores the stored trajectories of a run by these metrics, all or nothing; throws while another process is writing it. */
  rescoreRun(runId: string, metrics: readonly Metric[]): readonly Rescored[];
  /** Removes a run and all its records, not the trainings that it used; throws while another process is writing it. */
  deleteRun(runId: string): void;
  close(): void;
};

type Started = { readonly rows: RunRows; readonly lock: RunLock };

const lockOrThrow = (connection: Connection, runId: string): RunLock => {
  if (connection.client.readonly) {
    throw new Error(`${connection.file} was opened for reading; open it without readonly to write`);
  }
  const lock = takeRunLock(connection.file, runId);
  if (lock) return lock;
  const holder = findRun(connection, runId)?.writer ?? 'another process';
  throw new Error(
    `run '${runId}' in ${connection.file} is being written by ${holder}; wait for it to end, or stop it`,
  );
};

const beginRun = (
  connection: Connection,
  manifest: Manifest,
  asked: readonly Question[],
): { readonly state: 'new' | 'resumed'; readonly rows: RunRows } => {
  const begin = connection.client.transaction(() => {
    const stored = findRun(connection, manifest.runId)?.manifest;
    if (stored) resumeRun(connection, stored, manifest);
    else insertRun(connection, manifest);
    const rows = loadRunRows(connection, manifest.runId);
    placeQuestions(connection, rows, asked);
    const state: 'new' | 'resumed' = stored ? 'resumed' : 'new';
    return { state, rows };
  });
  return begin.immediate();
};

const keysOf = (
  connection: Connection,
  runId: string,
  outcome: 'rollout' | 'error',
): Set<string> => {
  const { id } = needRun(connection, runId);
  const rows = connection.db
    .select({
      ...{ arm: arms.name, dataset: datasets.name, questionId: questions.questionId },
      ...{ repeat: rollouts.repeat, outcome: rollouts.outcome },
    })
    .from(rollouts)
    .innerJoin(arms, eq(arms.id, rollouts.armId))
    .innerJoin(questions, eq(questions.id, rollouts.questionId))
    .innerJoin(datasets, eq(datasets.id, questions.datasetId))
    .where(eq(arms.runId, id))
    .all();
  return new Set(rows.filter((row) => row.outcome === outcome).map(recordKey));
};

/** Work on a stored run that no other process may be writing. */
const locked = <T>(connection: Connection, runId: string, work: () => T): T => {
  needRun(connection, runId);
  const lock = lockOrThrow(connection, runId);
  try {
    return work();
  } finally {
    lock.release();
  }
};

const removeRun = (connection: Connection, runId: string): void =>
  locked(connection, runId, () => {
    connection.db.delete(runs).where(eq(runs.runId, runId)).run();
  });

/** What reads: it needs no lock and changes nothing. */
const reading = (connection: Connection) => ({
  completedKeys: (runId: string) => keysOf(connection, runId, 'rollout'),
  errorKeys: (runId: string) => keysOf(connection, runId, 'error'),
  readRecords: (runId: string, filter: RecordFilter = {}) => readRecords(connection, runId, filter),
  recordIds: (runId: string, filter: RecordFilter = {}) => recordIds(connection, runId, filter),
  dataVersion: () => Number(connection.client.pragma('data_version', { simple: true })),
  readManifest: (runId: string) => needRun(connection, runId).manifest,
  listRuns: (filter: RunFilter = {}) => listRuns(connection, filter),
  isBeingWritten: (runId: string) => {
    needRun(connection, runId);
    return isRunLocked(connection.file, runId);
  },
  summarizeRun: (runId: string) => summarizeRun(connection, runId),
  metricIds: (runId: string) => {
    const { id, manifest } = needRun(connection, runId);
    const declared = manifest.metrics.map(({ id: metric }) => metric);
    return orderMetrics(manifest, [...declared, ...storedMetrics(connection, id)]);
  },
  resolveRun: (text: string) => resolveRun(connection, text),
});

const startedRun = (started: ReadonlyMap<string, Started>, runId: string): Started => {
  const run = started.get(runId);
  if (!run) throw new Error(`run '${runId}' was not started by this store; call startRun first`);
  return run;
};

/** What changes runs that nobody is writing. */
const changing = (connection: Connection) => ({
  rescoreRun: (runId: string, metrics: readonly Metric[]) =>
    explained(`rescore run '${runId}'`, connection.file, () =>
      locked(connection, runId, () => rescoreRun(connection, runId, metrics)),
    ),
  labelRun: (runId: string, change: LabelChange) =>
    explained(`label run '${runId}'`, connection.file, () => labelRun(connection, runId, change)),
  deleteRun: (runId: string): void =>
    explained(`delete run '${runId}'`, connection.file, () => removeRun(connection, runId)),
});

/** What writes: `started` holds the runs whose lock this store has. */
const writing = (connection: Connection, tokenEncoding: TokenEncoding) => {
  const started = new Map<string, Started>();
  const write = recordWriter(connection, tokenEncoding);
  const attempt = <T>(what: string, work: () => T): T => explained(what, connection.file, work);
  const startRun: Store['startRun'] = (asked, asQuestions = []) => {
    const manifest = checkedManifest(asked);
    const { runId } = manifest;
    const lock = started.get(runId)?.lock ?? lockOrThrow(connection, runId);
    try {
      const { state, rows } = attempt(`start run '${runId}'`, () =>
        beginRun(connection, manifest, asQuestions),
      );
      started.set(runId, { rows, lock });
      return state;
    } catch (cause) {
      if (!started.has(runId)) lock.release();
      throw cause;
    }
  };
  const finishRun = (runId: string): void => {
    const { lock } = startedRun(started, runId);
    const finishedAt = new Date().toISOString();
    attempt(`finish run '${runId}'`, () =>
      connection.db
        .update(runs)
        .set({ status: 'finished', finishedAt })
        .where(eq(runs.runId, runId))
        .run(),
    );
    started.delete(runId);
    lock.release();
  };
  return {
    startRun,
    finishRun,
    appendRecord: (record: RunRecord): void => {
      const { rows } = startedRun(started, record.runId);
      attempt(`store the record of ${nameRecord(record)}`, () => write(record, rows));
    },
    rowsOf: (runId: string) => startedRun(started, runId).rows,
    releaseAll: (): void => {
      for (const { lock } of started.values()) lock.release();
      started.clear();
    },
  };
};

/**
 * Opens the run store at `file`, making it (and its folder) or bringing its schema up to date. ':memory:' is a
 * store that ends with the process. Throws where the file is no SQLite database, no run store, or one of a newer
 * schema; with `readonly` also where it does not exist.
 */
export const openStore = (file: string, options: StoreOptions = {}): Store => {
  const { readonly = false, busyTimeoutMs = 30_000, tokenEncoding = 'raw', maxPages } = options;
  const connection = connect(file, { readonly, busyTimeoutMs });
  if (maxPages !== undefined) connection.client.pragma(`max_page_count = ${maxPages}`);
  const { rowsOf, releaseAll, ...writes } = writing(connection, tokenEncoding);
  return {
    file: connection.file,
    ...writes,
    ...changing(connection),
    ...reading(connection),
    ...trainingWrites(connection, { tokenEncoding, rowsOf }),
    ...trainingReads(connection),
    close: () => {
      releaseAll();
      connection.client.close();
    },
  };
};
