import { hostname } from 'node:os';
import type { Manifest, Question } from '@coa/core';
import { eq } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { manifestDifferences } from './manifest-differences.ts';
import { newUlid } from './run-ulids.ts';
import { arms, datasets, experiments, questions, runs, seeds } from './schema.ts';
import { checkedManifest, questionJson } from './stored-json.ts';

/** Ids of a run's rows, so that a record is written without looking them up again. */
export type RunRows = {
  readonly id: number;
  readonly manifest: Manifest;
  readonly arms: ReadonlyMap<string, number>;
  readonly datasets: Map<string, number>;
  /** By `questionKey`. */
  readonly questions: Map<string, { readonly id: number; readonly json: string }>;
  readonly metricVersions: ReadonlyMap<string, number>;
};

export const questionKey = (dataset: string, id: string): string => JSON.stringify([dataset, id]);

const thisProcess = (): string => `process ${process.pid} on ${hostname()}`;

/** The run's row and its manifest, or undefined. */
export const findRun = ({ db }: Connection, runId: string) =>
  db.select().from(runs).where(eq(runs.runId, runId)).get();

/** The run's row; throws where the store has no such run. */
export const needRun = (connection: Connection, runId: string) => {
  const run = findRun(connection, runId);
  if (!run)
    throw new Error(`no run '${runId}' in ${connection.file}; \`coa runs list\` shows them`);
  return { ...run, manifest: checkedManifest(run.manifest) };
};

const experimentId = ({ db }: Connection, name: string): number => {
  db.insert(experiments).values({ name }).onConflictDoNothing().run();
  return db.select().from(experiments).where(eq(experiments.name, name)).get()!.id;
};

/** What another store says of a run that comes from there. */
export type RunOrigin = { readonly writer: string; readonly ulid: string | null };

const freshUlid = (
  { db, client }: Connection,
  wanted: string | null,
  startedAt: string,
): string => {
  const taken =
    wanted === null || db.select({ id: runs.id }).from(runs).where(eq(runs.ulid, wanted)).get();
  return taken ? newUlid(client, startedAt) : wanted;
};

/** Adds a run with its arms, seeds and data sets; returns its row id. */
export const insertRun = (
  connection: Connection,
  manifest: Manifest,
  { writer, ulid }: RunOrigin = { writer: thisProcess(), ulid: null },
): number => {
  const { db } = connection;
  const { id } = db
    .insert(runs)
    .values({
      runId: manifest.runId,
      experimentId: experimentId(connection, manifest.experiment),
      manifest,
      status: 'unfinished',
      startedAt: manifest.startedAt,
      writer,
      ulid: freshUlid(connection, ulid, manifest.startedAt),
    })
    .returning({ id: runs.id })
    .get();
  Object.entries(manifest.arms).forEach(([name, config], position) => {
    db.insert(arms).values({ runId: id, position, name, config }).run();
  });
  for (let repeat = 0; repeat < manifest.repeats; repeat++) {
    db.insert(seeds).values({ runId: id, repeat, rootSeed: manifest.rootSeed }).run();
  }
  manifest.datasets.forEach(({ name, sha256 }, position) => {
    db.insert(datasets).values({ runId: id, position, name, sha256 }).onConflictDoNothing().run();
  });
  return id;
};

/** Goes on with a stored run, under the baseline of now. A tree that was dirty in one sitting stays marked as dirty. Throws where `asked` is not the same run. */
export const resumeRun = ({ db, file }: Connection, stored: Manifest, asked: Manifest): void => {
  const differing = manifestDifferences(stored, asked);
  if (differing.length > 0) {
    throw new Error(
      `run '${stored.runId}' in ${file} was started with other settings:\n  ${differing.join('\n  ')}\nGo on with the stored ones, or start a run with another id`,
    );
  }
  const dirty = stored.revision.dirty || asked.revision.dirty;
  const { baseline: _former, ...kept } = stored;
  const manifest = {
    ...kept,
    ...(asked.baseline !== undefined && { baseline: asked.baseline }),
    revision: { ...stored.revision, dirty },
  };
  db.update(runs)
    .set({ manifest, status: 'unfinished', finishedAt: null, writer: thisProcess() })
    .where(eq(runs.runId, stored.runId))
    .run();
};

/** Reads the ids of a run's rows. */
export const loadRunRows = (connection: Connection, runId: string): RunRows => {
  const { db } = connection;
  const { id, manifest } = needRun(connection, runId);
  const armRows = db.select().from(arms).where(eq(arms.runId, id)).orderBy(arms.position).all();
  const datasetRows = db.select().from(datasets).where(eq(datasets.runId, id)).all();
  const questionRows = db
    .select({ id: questions.id, dataset: datasets.name, question: questions.question })
    .from(questions)
    .innerJoin(datasets, eq(datasets.id, questions.datasetId))
    .where(eq(datasets.runId, id))
    .all();
  return {
    id,
    manifest,
    arms: new Map(armRows.map((arm) => [arm.name, arm.id])),
    datasets: new Map(datasetRows.map((dataset) => [dataset.name, dataset.id])),
    questions: new Map(
      questionRows.map(({ id: row, dataset, question }) => [
        questionKey(dataset, question.id),
        { id: row, json: questionJson(question) },
      ]),
    ),
    metricVersions: new Map(manifest.metrics.map(({ id: metric, version }) => [metric, version])),
  };
};

const datasetRow = ({ db }: Connection, rows: RunRows, name: string): number =>
  rows.datasets.get(name) ??
  db.insert(datasets).values({ runId: rows.id, name }).returning({ id: datasets.id }).get().id;

/** A question that was added in a transaction; `remember` it once that is committed. */
export type PlacedQuestion = {
  readonly id: number;
  readonly datasetId: number;
  readonly json: string;
};

/** The row of a question, added where the run does not have it. Throws where the run has another question under its id. */
export const placeQuestion = (
  connection: Connection,
  rows: RunRows,
  question: Question,
): PlacedQuestion => {
  const { dataset, id: questionId } = question;
  const known = rows.questions.get(questionKey(dataset, questionId));
  const json = questionJson(question);
  const datasetId = datasetRow(connection, rows, dataset);
  if (known && known.json !== json) {
    throw new Error(
      `question ${dataset}/${questionId} differs from the one that run '${rows.manifest.runId}' stored under this id:\n  stored ${known.json}\n  now    ${json}`,
    );
  }
  if (known) return { ...known, datasetId };
  const { id } = connection.db
    .insert(questions)
    .values({ datasetId, questionId, question: JSON.parse(json) })
    .returning({ id: questions.id })
    .get();
  return { id, datasetId, json };
};

/** Keeps the ids of a placed question; call it after the commit, since a rollback takes the rows away. */
export const rememberQuestion = (
  rows: RunRows,
  { dataset, id }: Question,
  placed: PlacedQuestion,
): void => {
  rows.datasets.set(dataset, placed.datasetId);
  rows.questions.set(questionKey(dataset, id), placed);
};

/** Stores a run's questions in their order; the first of equal ones counts. */
export const placeQuestions = (
  connection: Connection,
  rows: RunRows,
  asked: readonly Question[],
): void => {
  const seen = new Set<number>();
  asked.forEach((question, position) => {
    const placed = placeQuestion(connection, rows, question);
    rememberQuestion(rows, question, placed);
    if (seen.has(placed.id)) return;
    seen.add(placed.id);
    connection.db.update(questions).set({ position }).where(eq(questions.id, placed.id)).run();
  });
};
