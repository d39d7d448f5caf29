import type { Manifest, Outcome, RunRecord, TokenSequence } from '@coa/core';
import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { byRollout } from './by-rollout.ts';
import type { Connection } from './connection.ts';
import { needRun } from './run-rows.ts';
import {
  arms,
  datasets,
  errors,
  metricValues,
  questions,
  rollouts,
  steps,
  tokenArrays,
  usage,
} from './schema.ts';
import { stepOf } from './step-rows.ts';
import { checkedQuestion } from './stored-json.ts';
import { decodeTokens } from './token-blobs.ts';

export type RecordFilter = {
  readonly arm?: string;
  readonly dataset?: string;
  readonly outcome?: 'rollout' | 'error';
  /** false: `tokens` is null in every rollout, and their bytes are not read. Default true. */
  readonly tokens?: boolean;
  /** Only values of these metrics are read. Default: all. */
  readonly metrics?: readonly string[];
  /** Only so many, the last stored, newest first. Default: all, in the run's order. */
  readonly newest?: number;
  /** Only these of the run, as `recordIds` gave them, in this order; no other part counts but what is read of each. */
  readonly ids?: readonly number[];
};

/** Records held in memory at a time. */
const pageSize = 64;

/** Arm, data set and question in the run's order, then repeat: nothing here depends on when a record was written. */
const runOrder: readonly (SQLiteColumn | SQL)[] = [
  arms.position,
  sql`${datasets.position} IS NULL`,
  datasets.position,
  datasets.name,
  sql`${questions.position} IS NULL`,
  questions.position,
  questions.questionId,
  rollouts.repeat,
];

const orderedIds = ({ db }: Connection, run: number, filter: RecordFilter): number[] =>
  db
    .select({ id: rollouts.id })
    .from(rollouts)
    .innerJoin(arms, eq(arms.id, rollouts.armId))
    .innerJoin(questions, eq(questions.id, rollouts.questionId))
    .innerJoin(datasets, eq(datasets.id, questions.datasetId))
    .where(
      and(
        eq(arms.runId, run),
        filter.arm === undefined ? undefined : eq(arms.name, filter.arm),
        filter.dataset === undefined ? undefined : eq(datasets.name, filter.dataset),
        filter.outcome === undefined ? undefined : eq(rollouts.outcome, filter.outcome),
      ),
    )
    .orderBy(...(filter.newest === undefined ? runOrder : [desc(rollouts.id)]))
    .limit(filter.newest ?? -1)
    .all()
    .map(({ id }) => id);

/** One statement for any number of ids. */
const inPage = (column: SQLiteColumn): SQL =>
  inArray(column, sql`(SELECT value FROM json_each(${sql.placeholder('ids')}))`);

const prepareReads = ({ db }: Connection, { metrics }: Pick<RecordFilter, 'metrics'>) => ({
  heads: db
    .select({
      rollout: rollouts,
      run: arms.runId,
      arm: arms.name,
      question: questions.question,
      usage,
      error: errors,
    })
    .from(rollouts)
    .innerJoin(arms, eq(arms.id, rollouts.armId))
    .innerJoin(questions, eq(questions.id, rollouts.questionId))
    .leftJoin(usage, eq(usage.rolloutId, rollouts.id))
    .leftJoin(errors, eq(errors.rolloutId, rollouts.id))
    .where(inPage(rollouts.id))
    .prepare(),
  steps: db
    .select()
    .from(steps)
    .where(inPage(steps.rolloutId))
    .orderBy(steps.rolloutId, steps.position)
    .prepare(),
  metrics: db
    .select()
    .from(metricValues)
    .where(
      and(
        inPage(metricValues.rolloutId),
        metrics === undefined ? undefined : inArray(metricValues.metric, [...metrics]),
      ),
    )
    .prepare(),
  tokens: db.select().from(tokenArrays).where(inPage(tokenArrays.rolloutId)).prepare(),
});

type Reads = ReturnType<typeof prepareReads>;
type Head = ReturnType<Reads['heads']['all']>[number];
type Page = {
  readonly heads: ReadonlyMap<number, Head>;
  readonly steps: ReadonlyMap<number, readonly (typeof steps.$inferSelect)[]>;
  readonly metrics: ReadonlyMap<number, readonly (typeof metricValues.$inferSelect)[]>;
  readonly tokens: ReadonlyMap<number, typeof tokenArrays.$inferSelect>;
};

const readPage = (reads: Reads, page: readonly number[], withTokens: boolean): Page => {
  const ids = JSON.stringify(page);
  const tokens = withTokens ? reads.tokens.all({ ids }) : [];
  return {
    heads: new Map(reads.heads.all({ ids }).map((head) => [head.rollout.id, head])),
    steps: byRollout(reads.steps.all({ ids })),
    metrics: byRollout(reads.metrics.all({ ids })),
    tokens: new Map(tokens.map((row) => [row.rolloutId, row])),
  };
};

const outcomeOf = (head: Head, page: Page): Outcome => {
  const { id, stop, protocol } = head.rollout;
  const question = checkedQuestion(head.question);
  if (head.error) {
    const { message, attempts } = head.error;
    return { kind: 'error', question, message, attempts };
  }
  const blobs = page.tokens.get(id);
  const tokens: TokenSequence | null = blobs ? decodeTokens(blobs) : null;
  const { promptTokens, completionTokens, requests } = head.usage!;
  const trajectory = {
    question,
    protocol: protocol!,
    steps: (page.steps.get(id) ?? []).map(stepOf),
    stop: stop!,
  };
  const spent = { promptTokens, completionTokens, requests };
  return { kind: 'rollout', rollout: { trajectory, tokens, usage: spent } };
};

/** The manifest's metrics in its order, then others by name. */
export const orderMetrics = (manifest: Manifest, ids: Iterable<string>): string[] => {
  const declared = manifest.metrics.map(({ id }) => id);
  const present = new Set(ids);
  const others = [...present].filter((id) => !declared.includes(id)).sort();
  return [...declared.filter((id) => present.has(id)), ...others];
};

const recordOf = (head: Head, page: Page, manifest: Manifest): RunRecord => {
  const { id, repeat, seed, seconds } = head.rollout;
  const values = new Map(page.metrics.get(id)?.map(({ metric, value }) => [metric, value]));
  return {
    runId: manifest.runId,
    arm: head.arm,
    repeat,
    seed,
    outcome: outcomeOf(head, page),
    metrics: Object.fromEntries(
      orderMetrics(manifest, values.keys()).map((metric) => [metric, values.get(metric)!]),
    ),
    seconds,
  };
};

/** Row ids of what `readRecords` gives, in its order: some of them can then be read again without ordering all anew. */
export const recordIds = (connection: Connection, runId: string, filter: RecordFilter): number[] =>
  orderedIds(connection, needRun(connection, runId).id, filter);

/** `readRecords` with the row id of each. */
export function* readRollouts(
  connection: Connection,
  runId: string,
  filter: RecordFilter,
): Generator<{ readonly rolloutId: number; readonly record: RunRecord }, void, undefined> {
  const { id, manifest } = needRun(connection, runId);
  const ids = filter.ids ?? orderedIds(connection, id, filter);
  const reads = prepareReads(connection, filter);
  const readOnce = connection.client.transaction(readPage);
  for (let start = 0; start < ids.length; start += pageSize) {
    const wanted = ids.slice(start, start + pageSize);
    const page = readOnce(reads, wanted, filter.tokens ?? true);
    for (const rolloutId of wanted) {
      const head = page.heads.get(rolloutId);
      // a deleted row's id may be another run's by now
      if (head?.run !== id) throw new Error(`run '${runId}' changed while it was being read`);
      yield { rolloutId, record: recordOf(head, page, manifest) };
    }
  }
}

/**
 * The records of a run in its own order, a page at a time. Each page is one short read, so that a writer is never
 * held up and its log can be folded in; records added after the first page was asked for are not met.
 */
export function* readRecords(
  connection: Connection,
  runId: string,
  filter: RecordFilter,
): Generator<RunRecord, void, undefined> {
  for (const { record } of readRollouts(connection, runId, filter)) yield record;
}
