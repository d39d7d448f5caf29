import { statSync } from 'node:fs';
import { groupBy } from '@coa/core';
import type { Database } from 'better-sqlite3';
import { type Connection, connect } from './connection.ts';
import { knownVersion } from './migrate.ts';
import { arms, runs, seeds } from './schema.ts';
import { explained } from './store-failure.ts';
import { invariants } from './store-invariants.ts';
import { checkedManifest, checkedQuestion } from './stored-json.ts';
import { isUlid } from './ulid.ts';

/** One thing that was looked at, and what is wrong with it; the first few of each. */
export type CheckResult = { readonly name: string; readonly problems: readonly string[] };

export type StoreCheck = {
  readonly file: string;
  readonly schemaVersion: number;
  readonly bytes: number;
  /** These and the next: null where damage keeps them from being counted. */
  readonly runs: number | null;
  readonly rollouts: number | null;
  readonly trainings: number | null;
  readonly trainingRollouts: number | null;
  readonly checks: readonly CheckResult[];
  /** No check found a problem. */
  readonly sound: boolean;
};

const shownProblems = 10;

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

const firstOf = (problems: Iterable<string>): string[] => {
  const found: string[] = [];
  for (const problem of problems) {
    if (found.length === shownProblems) return [...found, 'and more'];
    found.push(problem);
  }
  return found;
};

const integrity = (client: Database): string[] => {
  const said = client.pragma(`integrity_check(${shownProblems})`) as { integrity_check: string }[];
  return said.map((line) => line.integrity_check).filter((line) => line !== 'ok');
};

function* foreignKeys(client: Database): Generator<string> {
  const broken = client.pragma('foreign_key_check') as {
    readonly table: string;
    readonly rowid: number | null;
    readonly parent: string;
  }[];
  for (const { table, rowid, parent } of broken)
    yield `${table}: row ${rowid ?? '?'} names a row of ${parent} that is not there`;
}

type SchemaEntry = { readonly name: string; readonly sql: string };

/** Without comments, which may be reworded. */
const bare = (sql: string): string => sql.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();

const schemaOf = (client: Database): Map<string, string> => {
  const entries = client
    .prepare<[], SchemaEntry>(
      "SELECT type || ' ' || name AS name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
    )
    .all();
  return new Map(entries.map(({ name, sql }) => [name, bare(sql)]));
};

/** Tables, indexes, triggers and views as the migrations make them. */
function* schemaDifferences(client: Database): Generator<string> {
  const fresh = connect(':memory:', { readonly: false, busyTimeoutMs: 0 });
  const [wanted, found] = [schemaOf(fresh.client), schemaOf(client)];
  fresh.client.close();
  for (const [name, sql] of wanted) {
    const stored = found.get(name);
    if (stored === undefined) yield `${name} is missing`;
    else if (stored !== sql) yield `${name} is not as the migrations make it`;
  }
  for (const name of found.keys()) if (!wanted.has(name)) yield `${name} is none of ours`;
}

/** Manifests can be read and agree with the rows beside them. */
function* manifests({ db }: Connection): Generator<string> {
  const armsByRun = groupBy(
    db.select().from(arms).orderBy(arms.position).all(),
    ({ runId }) => runId,
  );
  const seedsByRun = groupBy(db.select().from(seeds).all(), ({ runId }) => runId);
  for (const { id, runId, ulid, planned, manifest: stored } of db.select().from(runs).all()) {
    if (ulid === null || !isUlid(ulid)) yield `run '${runId}' has no ULID, but ${ulid}`;
    try {
      const manifest = checkedManifest(stored);
      const [names, own] = [Object.keys(manifest.arms), armsByRun.get(id) ?? []];
      const asked = manifest.datasets.reduce((sum, { questions }) => sum + questions, 0);
      if (manifest.runId !== runId) yield `run '${runId}' has the manifest of '${manifest.runId}'`;
      if (names.join('\n') !== own.map(({ name }) => name).join('\n'))
        yield `run '${runId}' has other arms than its manifest`;
      if (manifest.repeats !== (seedsByRun.get(id) ?? []).length)
        yield `run '${runId}' has other repeats than its manifest`;
      if (planned !== names.length * asked * manifest.repeats)
        yield `run '${runId}' keeps ${planned} planned rollouts, its manifest asks for ${names.length * asked * manifest.repeats}`;
    } catch (cause) {
      yield `run '${runId}': ${messageOf(cause)}`;
    }
  }
}

/** Questions are what they were when they were stored. */
function* unreadableQuestions(client: Database): Generator<string> {
  const stored = client.prepare<[], string>(
    'SELECT question FROM questions UNION SELECT question FROM training_questions',
  );
  for (const text of stored.pluck().iterate()) {
    try {
      checkedQuestion(JSON.parse(text));
    } catch (cause) {
      yield `${text.slice(0, 80)}: ${messageOf(cause)}`;
    }
  }
}

/** Every check, the basic ones first: on a damaged file the later ones may fail, which is a problem of theirs. */
const checksOf = (
  connection: Connection,
): readonly (readonly [string, () => Iterable<string>])[] => {
  const { client } = connection;
  return [
    ['pages and indexes (integrity_check)', () => integrity(client)],
    ['foreign keys', () => foreignKeys(client)],
    [`schema of version ${knownVersion}`, () => schemaDifferences(client)],
    ['manifests', () => manifests(connection)],
    ['questions', () => unreadableQuestions(client)],
    ...invariants.map(({ name, sql }) => {
      const look = () => client.prepare<[], string>(sql).pluck().iterate();
      return [name, look] as const;
    }),
  ];
};

const looked = (name: string, look: () => Iterable<string>): CheckResult => {
  try {
    return { name, problems: firstOf(look()) };
  } catch (cause) {
    return {
      name,
      problems: [`could not be looked at: ${messageOf(cause)}`],
    };
  }
};

/** null where damage keeps it from being counted. */
const count = (client: Database, table: string): number | null => {
  try {
    return client.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!;
  } catch {
    return null;
  }
};

const lookAt = (
  connection: Connection,
  onCheck: (result: CheckResult) => void,
): readonly CheckResult[] =>
  checksOf(connection).map(([name, look]) => {
    const result = looked(name, look);
    onCheck(result);
    return result;
  });

/**
 * Looks at a store without changing it, whoever writes meanwhile: one state of it, as it is when the check begins.
 * `onCheck` hears of each result at once. Throws where there is no store, or one of another schema version.
 */
export const checkStore = (
  file: string,
  onCheck: (result: CheckResult) => void = () => undefined,
): StoreCheck => {
  const connection = connect(file, { readonly: true, busyTimeoutMs: 30_000 });
  const { client, file: path } = connection;
  try {
    client.exec('BEGIN');
    const checks = lookAt(connection, onCheck);
    return {
      ...{ file: path, schemaVersion: knownVersion, bytes: statSync(path).size },
      ...{ runs: count(client, 'runs'), rollouts: count(client, 'rollouts') },
      trainings: count(client, 'trainings'),
      trainingRollouts: count(client, 'training_rollouts'),
      ...{ checks, sound: checks.every(({ problems }) => problems.length === 0) },
    };
  } finally {
    client.close();
  }
};

/** Counts everything again that is kept as counts; what `checkStore` finds of wrong counts is gone after it. */
export const recountStore = (file: string): void => {
  const { client, file: path } = connect(file, { readonly: false, busyTimeoutMs: 30_000 });
  const recount = client.transaction(() =>
    client.exec(`
      DELETE FROM cells;
      DELETE FROM cell_metrics;
      INSERT INTO cells SELECT * FROM counted_cells;
      INSERT INTO cell_metrics SELECT * FROM counted_cell_metrics;
      UPDATE runs SET manifest = manifest;
    `),
  );
  try {
    explained('count again', path, () => recount.immediate());
  } finally {
    client.close();
  }
};
