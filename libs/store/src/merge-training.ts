import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Connection } from './connection.ts';
import {
  copyParts,
  copyRows,
  fromMoved,
  joinMoved,
  noteMoved,
  other,
  prepareMoved,
} from './copy-rows.ts';
import { decodeText } from './lossless-text.ts';
import type { Merged } from './merged.ts';
import {
  trainingQuestions,
  trainingRolloutSteps,
  trainingRollouts,
  trainingSteps,
  trainings,
  trainingTokenArrays,
} from './training-schema.ts';

type TrainingRow = {
  readonly id: number;
  readonly key: string;
  readonly stage: string;
  readonly seed: number;
};

const find = ({ client }: Connection, store: string, key: string): TrainingRow | undefined =>
  client
    .prepare<[string], TrainingRow>(
      `SELECT id, key, stage, seed FROM ${store}.trainings WHERE key = ?`,
    )
    .get(key);

/** Stored keys of the other store's trainings, the first stored first. */
export const theirTrainings = ({ client }: Connection): string[] =>
  client.prepare<[], string>(`SELECT key FROM ${other}.trainings ORDER BY id`).pluck().all();

const assertSame = (ours: TrainingRow, theirs: TrainingRow): void => {
  if (ours.stage === theirs.stage && ours.seed === theirs.seed) return;
  throw new Error(
    `here it is stage '${ours.stage}' with seed ${ours.seed}, there '${theirs.stage}' with seed ${theirs.seed}`,
  );
};

const placeQuestions = ({ client }: Connection, ours: number, theirs: number): void => {
  const same = 'mine.dataset = theirs.dataset AND mine.question_id = theirs.question_id';
  copyRows(client, trainingQuestions, {
    changed: { id: 'NULL', training_id: String(ours) },
    from: `FROM ${other}.training_questions AS theirs WHERE theirs.training_id = ${theirs} AND NOT EXISTS (
      SELECT 1 FROM main.training_questions AS mine WHERE mine.training_id = ${ours} AND ${same})`,
  });
  const pairs = `FROM ${other}.training_questions AS theirs CROSS JOIN main.training_questions AS mine
    ON mine.training_id = ${ours} AND ${same} WHERE theirs.training_id = ${theirs}`;
  const differing = client
    .prepare<[], string>(`SELECT theirs.question_id ${pairs} AND mine.question <> theirs.question`)
    .pluck()
    .get();
  if (differing !== undefined) throw new Error(`question ${decodeText(differing)} differs`);
  noteMoved(client, 'training-question', `SELECT theirs.id AS theirs, mine.id AS ours ${pairs}`);
};

/** The steps that ours does not have, with their rollouts. */
const addSteps = ({ client }: Connection, ours: number, theirs: number): number => {
  const added = noteMoved(
    client,
    'training-step',
    `SELECT step AS theirs, step AS ours FROM ${other}.training_steps WHERE training_id = ${theirs}
      AND step NOT IN (SELECT step FROM main.training_steps WHERE training_id = ${ours})`,
  );
  const training_id = String(ours);
  const ofSteps = (table: SQLiteTable): string =>
    `FROM temp.moved AS added CROSS JOIN ${other}.${getTableName(table)} AS theirs ON added.kind = 'training-step'
      AND theirs.training_id = ${theirs} AND theirs.step = added.theirs`;
  copyRows(client, trainingSteps, { changed: { training_id }, from: ofSteps(trainingSteps) });
  noteMoved(
    client,
    'training-rollout',
    `SELECT theirs.id AS theirs, (SELECT coalesce(max(id), 0) FROM main.training_rollouts) + row_number() OVER (ORDER BY theirs.id) AS ours
      ${ofSteps(trainingRollouts)}`,
  );
  copyRows(client, trainingRollouts, {
    changed: { id: 'moved.ours', training_id, question_id: 'asked.ours' },
    from: `${fromMoved('training-rollout', 'moved', { table: trainingRollouts, column: 'id' })}
      ${joinMoved('training-question', 'asked', 'question_id')}`,
  });
  copyParts(client, 'training-rollout', [trainingRolloutSteps, trainingTokenArrays]);
  return added;
};

/** Brings what ours does not have of one training; inside a transaction. `key` as it is stored. */
export const mergeTraining = (connection: Connection, key: string): Merged => {
  const { client } = connection;
  const theirs = find(connection, other, key)!;
  const stored = find(connection, 'main', key);
  if (stored) assertSame(stored, theirs);
  else {
    const from = `FROM ${other}.trainings AS theirs WHERE theirs.id = ${theirs.id}`;
    copyRows(client, trainings, { changed: { id: 'NULL' }, from });
  }
  const ours = find(connection, 'main', key)!.id;
  prepareMoved(client);
  placeQuestions(connection, ours, theirs.id);
  const steps = addSteps(connection, ours, theirs.id);
  const outcome = stored ? (steps > 0 ? 'completed' : 'unchanged') : 'added';
  return { kind: 'training', name: decodeText(key), outcome, added: steps };
};
