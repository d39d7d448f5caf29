import type { Manifest, Metric } from '@coa/core';
import { and, eq, sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { preparedInsert } from './prepared-insert.ts';
import { readRollouts } from './read-records.ts';
import { needRun } from './run-rows.ts';
import { metricValues, runs } from './schema.ts';

/** What became of one metric of a run. */
export type Rescored = {
  readonly metric: string;
  /** Version before; null where the run did not have the metric. */
  readonly before: number | null;
  readonly after: number;
  /** Finished rollouts, and how many of them have another value now. */
  readonly rollouts: number;
  readonly changed: number;
};

const withMetrics = (manifest: Manifest, scored: readonly Metric[]): Manifest => {
  const versions = new Map(manifest.metrics.map(({ id, version }) => [id, version]));
  for (const { id, version } of scored) versions.set(id, version);
  return { ...manifest, metrics: [...versions].map(([id, version]) => ({ id, version })) };
};

const prepare = ({ db }: Connection) => ({
  remove: db
    .delete(metricValues)
    .where(
      and(
        eq(metricValues.rolloutId, sql.placeholder('rolloutId')),
        eq(metricValues.metric, sql.placeholder('metric')),
      ),
    )
    .prepare(),
  add: preparedInsert(db, metricValues),
});

/** Scores every finished rollout of a run anew, all or nothing; values of other metrics stay. */
export const rescoreRun = (
  connection: Connection,
  runId: string,
  metrics: readonly Metric[],
): Rescored[] => {
  const { id, manifest } = needRun(connection, runId);
  const { remove, add } = prepare(connection);
  const before = new Map(manifest.metrics.map((metric) => [metric.id, metric.version]));
  const changed = new Map(metrics.map((metric) => [metric.id, 0]));
  const write = connection.client.transaction(() => {
    let rollouts = 0;
    const stored = readRollouts(connection, runId, { outcome: 'rollout', tokens: false });
    for (const { rolloutId, record } of stored) {
      if (record.outcome.kind === 'error') continue;
      rollouts += 1;
      for (const { id: metric, version, score } of metrics) {
        const value = score(record.outcome.rollout.trajectory);
        if (!Object.is(value, record.metrics[metric]))
          changed.set(metric, changed.get(metric)! + 1);
        remove.run({ rolloutId, metric });
        add({ rolloutId, metric, version, value });
      }
    }
    const now = withMetrics(manifest, metrics);
    connection.db.update(runs).set({ manifest: now }).where(eq(runs.id, id)).run();
    return rollouts;
  });
  const rollouts = write.immediate();
  return metrics.map(({ id: metric, version }) => ({
    ...{ metric, before: before.get(metric) ?? null, after: version, rollouts },
    changed: changed.get(metric)!,
  }));
};
