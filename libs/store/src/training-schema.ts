import type { Question, StopReason } from '@coa/core';
import {
  foreignKey,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  unique,
} from 'drizzle-orm/sqlite-core';
import { exactText, stepColumns, tokenColumns } from './columns.ts';
import { arms } from './schema.ts';

/** The tables of a training, as in migrations/*.sql, column by column (a test holds the two together). */

type Numbers = Readonly<Record<string, number | null>>;

const trainingReference = () => integer('training_id').notNull();
const ownedByTraining = () =>
  trainingReference().references(() => trainings.id, { onDelete: 'cascade' });
const rolloutReference = () =>
  integer('rollout_id')
    .notNull()
    .references(() => trainingRollouts.id, { onDelete: 'cascade' });

export const trainings = sqliteTable('trainings', {
  id: integer('id').primaryKey(),
  key: exactText('key').notNull().unique(),
  stage: exactText('stage').notNull(),
  seed: integer('seed').notNull(),
  recipe: text('recipe', { mode: 'json' }).$type<object>().notNull(),
  startedAt: text('started_at').notNull(),
});

export const runTrainings = sqliteTable(
  'run_trainings',
  {
    armId: integer('arm_id')
      .notNull()
      .references(() => arms.id, { onDelete: 'cascade' }),
    repeat: integer('repeat').notNull(),
    position: integer('position').notNull(),
    trainingId: trainingReference().references(() => trainings.id),
  },
  (table) => [
    primaryKey({ columns: [table.armId, table.repeat, table.position] }),
    index('run_trainings_training').on(table.trainingId),
  ],
);

export const trainingSteps = sqliteTable(
  'training_steps',
  {
    trainingId: ownedByTraining(),
    step: integer('step').notNull(),
    steps: integer('steps').notNull(),
    numbers: text('numbers', { mode: 'json' }).$type<Numbers>().notNull(),
    timing: text('timing', { mode: 'json' }).$type<Numbers>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.trainingId, table.step] })],
);

export const trainingQuestions = sqliteTable(
  'training_questions',
  {
    id: integer('id').primaryKey(),
    trainingId: ownedByTraining(),
    dataset: exactText('dataset').notNull(),
    questionId: exactText('question_id').notNull(),
    question: text('question', { mode: 'json' }).$type<Question>().notNull(),
  },
  (table) => [unique().on(table.trainingId, table.dataset, table.questionId)],
);

export const trainingRollouts = sqliteTable(
  'training_rollouts',
  {
    id: integer('id').primaryKey(),
    trainingId: trainingReference(),
    step: integer('step').notNull(),
    group: integer('group_index').notNull(),
    member: integer('member').notNull(),
    questionId: integer('question_id')
      .notNull()
      .references(() => trainingQuestions.id),
    stop: text('stop').$type<StopReason>().notNull(),
    protocol: exactText('protocol').notNull(),
    reward: real('reward').notNull(),
    advantage: real('advantage').notNull(),
    simulatedCalls: integer('simulated_calls'),
    promptTokens: integer('prompt_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    requests: integer('requests').notNull(),
  },
  (table) => [
    unique().on(table.trainingId, table.step, table.group, table.member),
    foreignKey({
      columns: [table.trainingId, table.step],
      foreignColumns: [trainingSteps.trainingId, trainingSteps.step],
    }).onDelete('cascade'),
    index('training_rollouts_question').on(table.questionId),
  ],
);

export const trainingRolloutSteps = sqliteTable(
  'training_rollout_steps',
  { rolloutId: rolloutReference(), ...stepColumns() },
  (table) => [primaryKey({ columns: [table.rolloutId, table.position] })],
);

export const trainingTokenArrays = sqliteTable('training_token_arrays', {
  rolloutId: rolloutReference().primaryKey(),
  ...tokenColumns(),
});
