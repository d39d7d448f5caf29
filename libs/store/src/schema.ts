import type { Manifest, Question, StopReason } from '@coa/core';
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import { exactText, stepColumns, tokenColumns } from './columns.ts';

/** The tables of a run, as in migrations/*.sql, column by column (a test holds the two together); what each holds is said there. */

const rolloutReference = () =>
  integer('rollout_id')
    .notNull()
    .references(() => rollouts.id, { onDelete: 'cascade' });
const runReference = () =>
  integer('run_id')
    .notNull()
    .references(() => runs.id, { onDelete: 'cascade' });

export const experiments = sqliteTable('experiments', {
  id: integer('id').primaryKey(),
  name: exactText('name').notNull().unique(),
});

export const runs = sqliteTable(
  'runs',
  {
    id: integer('id').primaryKey(),
    runId: exactText('run_id').notNull().unique(),
    experimentId: integer('experiment_id')
      .notNull()
      .references(() => experiments.id),
    manifest: text('manifest', { mode: 'json' }).$type<Manifest>().notNull(),
    status: text('status').$type<'unfinished' | 'finished'>().notNull(),
    startedAt: text('started_at').notNull(),
    finishedAt: text('finished_at'),
    writer: text('writer').notNull(),
    ulid: text('ulid'),
    planned: integer('planned').notNull().default(0),
  },
  (table) => [
    index('runs_experiment').on(table.experimentId),
    uniqueIndex('runs_ulid').on(table.ulid),
  ],
);

export const runLabels = sqliteTable(
  'run_labels',
  { runId: runReference(), label: text('label').notNull() },
  (table) => [primaryKey({ columns: [table.runId, table.label] })],
);

export const arms = sqliteTable(
  'arms',
  {
    id: integer('id').primaryKey(),
    runId: runReference(),
    position: integer('position').notNull(),
    name: exactText('name').notNull(),
    config: text('config', { mode: 'json' }).notNull(),
  },
  (table) => [unique().on(table.runId, table.name)],
);

export const seeds = sqliteTable(
  'seeds',
  {
    runId: runReference(),
    repeat: integer('repeat').notNull(),
    rootSeed: integer('root_seed').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.repeat] })],
);

export const datasets = sqliteTable(
  'datasets',
  {
    id: integer('id').primaryKey(),
    runId: runReference(),
    position: integer('position'),
    name: exactText('name').notNull(),
    sha256: text('sha256'),
  },
  (table) => [unique().on(table.runId, table.name)],
);

export const questions = sqliteTable(
  'questions',
  {
    id: integer('id').primaryKey(),
    datasetId: integer('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    position: integer('position'),
    questionId: exactText('question_id').notNull(),
    question: text('question', { mode: 'json' }).$type<Question>().notNull(),
  },
  (table) => [unique().on(table.datasetId, table.questionId)],
);

export const rollouts = sqliteTable(
  'rollouts',
  {
    id: integer('id').primaryKey(),
    armId: integer('arm_id')
      .notNull()
      .references(() => arms.id, { onDelete: 'cascade' }),
    questionId: integer('question_id')
      .notNull()
      .references(() => questions.id, { onDelete: 'cascade' }),
    repeat: integer('repeat').notNull(),
    seed: integer('seed').notNull(),
    outcome: text('outcome').$type<'rollout' | 'error'>().notNull(),
    stop: text('stop').$type<StopReason>(),
    protocol: exactText('protocol'),
    seconds: real('seconds').notNull(),
  },
  (table) => [
    unique().on(table.armId, table.questionId, table.repeat),
    index('rollouts_question').on(table.questionId),
  ],
);

export const steps = sqliteTable(
  'steps',
  {
    rolloutId: rolloutReference(),
    ...stepColumns(),
  },
  (table) => [primaryKey({ columns: [table.rolloutId, table.position] })],
);

export const tokenArrays = sqliteTable('token_arrays', {
  rolloutId: rolloutReference().primaryKey(),
  ...tokenColumns(),
});

export const metricValues = sqliteTable(
  'metric_values',
  {
    rolloutId: rolloutReference(),
    metric: exactText('metric').notNull(),
    version: integer('version'),
    value: real('value'),
  },
  (table) => [primaryKey({ columns: [table.rolloutId, table.metric] })],
);

export const usage = sqliteTable('usage', {
  rolloutId: rolloutReference().primaryKey(),
  promptTokens: integer('prompt_tokens').notNull(),
  completionTokens: integer('completion_tokens').notNull(),
  requests: integer('requests').notNull(),
});

export const errors = sqliteTable('errors', {
  rolloutId: rolloutReference().primaryKey(),
  message: exactText('message').notNull(),
  attempts: integer('attempts').notNull(),
});

const cellReference = () => ({
  armId: integer('arm_id')
    .notNull()
    .references(() => arms.id, { onDelete: 'cascade' }),
  datasetId: integer('dataset_id')
    .notNull()
    .references(() => datasets.id, { onDelete: 'cascade' }),
});

/** Kept by triggers, never written from here. */
export const cells = sqliteTable(
  'cells',
  {
    ...cellReference(),
    rollouts: integer('rollouts').notNull(),
    errors: integer('errors').notNull(),
  },
  (table) => [primaryKey({ columns: [table.armId, table.datasetId] })],
);

/** Kept by triggers, never written from here. */
export const cellMetrics = sqliteTable(
  'cell_metrics',
  {
    ...cellReference(),
    metric: exactText('metric').notNull(),
    stored: integer('stored').notNull(),
    n: integer('n').notNull(),
    total: real('total'),
  },
  (table) => [primaryKey({ columns: [table.armId, table.datasetId, table.metric] })],
);
