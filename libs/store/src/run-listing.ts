import { groupBy } from '@coa/core';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { needRun } from './run-rows.ts';
import { arms, cellMetrics, cells, datasets, experiments, runLabels, runs } from './schema.ts';

export type ArmListing = {
  readonly name: string;
  readonly rollouts: number;
  readonly errors: number;
  /** Mean of the metric `exactMatch` over finished rollouts; null where none has it. */
  readonly exactMatch: number | null;
};

export type RunListing = {
  readonly runId: string;
  /** Ordered by time, unique over machines; null until the next opening for writing where an older checkout stored the run. */
  readonly ulid: string | null;
  readonly experiment: string;
  readonly status: 'unfinished' | 'finished';
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** In alphabetical order. */
  readonly labels: readonly string[];
  /** Rollouts that the manifest asks for: arms x questions x repeats. */
  readonly planned: number;
  readonly rollouts: number;
  readonly errors: number;
  readonly arms: readonly ArmListing[];
};

/** What is listed; every part that is given must hold. */
export type RunFilter = {
  /** This one. */
  readonly runId?: string;
  /** All of these. */
  readonly labels?: readonly string[];
  readonly experiment?: string;
  /** At most so many, the last started. */
  readonly limit?: number;
};

/** What one arm did on one data set. */
export type CellSummary = {
  readonly arm: string;
  readonly dataset: string;
  readonly rollouts: number;
  readonly errors: number;
  /** Metric id -> mean over the rollouts where it is defined, and how many those are. */
  readonly metrics: Readonly<Record<string, { readonly mean: number | null; readonly n: number }>>;
};

const listedRuns = (
  { db }: Connection,
  { runId, labels = [], experiment, limit = -1 }: RunFilter,
) => {
  const labelled = (label: string) =>
    inArray(
      runs.id,
      db.select({ id: runLabels.runId }).from(runLabels).where(eq(runLabels.label, label)),
    );
  return db
    .select({
      ...{ id: runs.id, runId: runs.runId, ulid: runs.ulid, experiment: experiments.name },
      ...{ status: runs.status, startedAt: runs.startedAt, finishedAt: runs.finishedAt },
      planned: runs.planned,
    })
    .from(runs)
    .innerJoin(experiments, eq(experiments.id, runs.experimentId))
    .where(
      and(
        runId === undefined ? undefined : eq(runs.runId, runId),
        experiment === undefined ? undefined : eq(experiments.name, experiment),
        ...labels.map(labelled),
      ),
    )
    .orderBy(sql`${runs.ulid} IS NOT NULL`, desc(runs.ulid), desc(runs.id))
    .limit(limit)
    .all();
};

const armCounts = ({ db }: Connection) =>
  db
    .select({
      ...{ run: arms.runId, name: arms.name },
      rollouts: sql<number>`coalesce(sum(${cells.rollouts}), 0)`,
      errors: sql<number>`coalesce(sum(${cells.errors}), 0)`,
      exactMatch: sql<number | null>`sum(${cellMetrics.total}) / sum(${cellMetrics.n})`,
    })
    .from(arms)
    .leftJoin(cells, eq(cells.armId, arms.id))
    .leftJoin(
      cellMetrics,
      and(
        eq(cellMetrics.armId, cells.armId),
        eq(cellMetrics.datasetId, cells.datasetId),
        eq(cellMetrics.metric, 'exactMatch'),
      ),
    )
    .groupBy(arms.id)
    .orderBy(arms.runId, arms.position)
    .all();

const allLabels = ({ db }: Connection) =>
  db.select().from(runLabels).orderBy(runLabels.runId, runLabels.label).all();

/** The last started first. Reads counts that are kept, no rollouts and no manifests. */
export const listRuns = (connection: Connection, filter: RunFilter): RunListing[] => {
  const counts = groupBy(armCounts(connection), ({ run }) => run);
  const labels = groupBy(allLabels(connection), ({ runId }) => runId);
  return listedRuns(connection, filter).map(({ id, planned, ...run }) => {
    const own = (counts.get(id) ?? []).map(({ run: _, ...arm }) => arm);
    return {
      ...run,
      labels: (labels.get(id) ?? []).map(({ label }) => label),
      planned,
      rollouts: own.reduce((sum, arm) => sum + arm.rollouts, 0),
      errors: own.reduce((sum, arm) => sum + arm.errors, 0),
      arms: own,
    };
  });
};

const metricsOfCells = ({ db }: Connection, run: number) =>
  db
    .select({
      ...{ armId: cellMetrics.armId, datasetId: cellMetrics.datasetId, metric: cellMetrics.metric },
      mean: sql<number | null>`${cellMetrics.total} / nullif(${cellMetrics.n}, 0)`,
      n: cellMetrics.n,
    })
    .from(cellMetrics)
    .innerJoin(arms, eq(arms.id, cellMetrics.armId))
    .where(eq(arms.runId, run))
    .all();

const cellsOf = ({ db }: Connection, run: number) =>
  db
    .select({
      ...{ armId: cells.armId, datasetId: cells.datasetId },
      ...{ arm: arms.name, dataset: datasets.name, rollouts: cells.rollouts, errors: cells.errors },
    })
    .from(cells)
    .innerJoin(arms, eq(arms.id, cells.armId))
    .innerJoin(datasets, eq(datasets.id, cells.datasetId))
    .where(eq(arms.runId, run))
    .orderBy(arms.position, sql`${datasets.position} IS NULL`, datasets.position, datasets.name)
    .all();

/** One entry per arm and data set that has records, in the run's order; from counts that are kept. */
export const summarizeRun = (connection: Connection, runId: string): CellSummary[] => {
  const { id, manifest } = needRun(connection, runId);
  const place = (cell: { readonly armId: number; readonly datasetId: number }) =>
    `${cell.armId} ${cell.datasetId}`;
  const order = manifest.metrics.map(({ id: metric }) => metric);
  const rank = (metric: string) => (order.includes(metric) ? order.indexOf(metric) : order.length);
  const values = metricsOfCells(connection, id).sort(
    (a, b) => rank(a.metric) - rank(b.metric) || (a.metric < b.metric ? -1 : 1),
  );
  const metrics = groupBy(values, place);
  return cellsOf(connection, id).map((cell) => {
    const { arm, dataset, rollouts, errors } = cell;
    const own = (metrics.get(place(cell)) ?? []).map(
      ({ metric, mean, n }) => [metric, { mean, n }] as const,
    );
    return { arm, dataset, rollouts, errors, metrics: Object.fromEntries(own) };
  });
};

/** Ids of the metrics that any record of the run has. */
export const storedMetrics = ({ db }: Connection, run: number): string[] =>
  db
    .selectDistinct({ metric: cellMetrics.metric })
    .from(cellMetrics)
    .innerJoin(arms, eq(arms.id, cellMetrics.armId))
    .where(eq(arms.runId, run))
    .all()
    .map(({ metric }) => metric);
