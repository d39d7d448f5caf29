import type { Manifest } from '@coa/core';
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
import { manifestDifferences } from './manifest-differences.ts';
import type { Merged } from './merged.ts';
import { findRun, insertRun } from './run-rows.ts';
import {
  datasets,
  errors,
  metricValues,
  questions,
  rollouts,
  steps,
  tokenArrays,
  usage,
} from './schema.ts';
import { checkedManifest } from './stored-json.ts';
import { runTrainings } from './training-schema.ts';

type TheirRun = {
  readonly id: number;
  readonly manifest: string;
  readonly status: string;
  readonly finishedAt: string | null;
  readonly writer: string;
  readonly ulid: string | null;
};

/** Ids of the other store's runs, the first started first. */
export const theirRuns = ({ client }: Connection): string[] =>
  client
    .prepare<[], string>(`SELECT run_id FROM ${other}.runs ORDER BY ulid, id`)
    .pluck()
    .all()
    .map(decodeText);

const theirRun = ({ client }: Connection, stored: string): TheirRun =>
  client
    .prepare<[string], TheirRun>(
      `SELECT id, manifest, status, finished_at AS finishedAt, writer, ulid FROM ${other}.runs WHERE run_id = ?`,
    )
    .get(stored)!;

/** The run's row in ours, made where there is none. Throws where ours has another run under the id. */
const placeRun = (connection: Connection, theirs: TheirRun, manifest: Manifest): number => {
  const stored = findRun(connection, manifest.runId);
  if (!stored) return insertRun(connection, manifest, theirs);
  const differing = manifestDifferences(checkedManifest(stored.manifest), manifest);
  if (differing.length === 0) return stored.id;
  throw new Error(`here it has other settings: ${differing.join('; ')}`);
};

const placeDatasets = ({ client }: Connection, ours: number, theirs: number): void => {
  const pairs = (table: string) =>
    `SELECT theirs.id AS theirs, mine.id AS ours FROM ${other}.${table} AS theirs
      JOIN main.${table} AS mine ON mine.run_id = ${ours} AND mine.name = theirs.name WHERE theirs.run_id = ${theirs}`;
  copyRows(client, datasets, {
    changed: { id: 'NULL', run_id: String(ours) },
    from: `FROM ${other}.datasets AS theirs WHERE theirs.run_id = ${theirs} AND theirs.name NOT IN (
      SELECT name FROM main.datasets WHERE run_id = ${ours})`,
  });
  noteMoved(client, 'arm', pairs('arms'));
  noteMoved(client, 'dataset', pairs('datasets'));
};

const placeQuestions = ({ client }: Connection): void => {
  const ofRun = fromMoved('dataset', 'held', { table: questions, column: 'dataset_id' });
  const same = 'mine.dataset_id = held.ours AND mine.question_id = theirs.question_id';
  copyRows(client, questions, {
    changed: { id: 'NULL', dataset_id: 'held.ours' },
    from: `${ofRun} WHERE NOT EXISTS (SELECT 1 FROM main.questions AS mine WHERE ${same})`,
  });
  const pairs = `${ofRun} CROSS JOIN main.questions AS mine ON ${same}`;
  const differing = client
    .prepare<[], string>(
      `SELECT theirs.question_id ${pairs} WHERE mine.question <> theirs.question`,
    )
    .pluck()
    .get();
  if (differing !== undefined) throw new Error(`question ${decodeText(differing)} differs`);
  noteMoved(client, 'question', `SELECT theirs.id AS theirs, mine.id AS ours ${pairs}`);
};

const ofArms = fromMoved('arm', 'answering', { table: rollouts, column: 'arm_id' });
const asked = joinMoved('question', 'asked', 'question_id');
const samePlace =
  'mine.arm_id = answering.ours AND mine.question_id = asked.ours AND mine.repeat = theirs.repeat';

/** As in a run that is tried again: an error of ours gives way to a finished rollout of theirs, nothing else does. */
const dropErrors = ({ client }: Connection): void => {
  client.exec(`
    DELETE FROM main.rollouts WHERE id IN (
      SELECT mine.id ${ofArms} ${asked} CROSS JOIN main.rollouts AS mine ON ${samePlace}
      WHERE theirs.outcome = 'rollout' AND mine.outcome = 'error')`);
};

const addRollouts = ({ client }: Connection): number => {
  const added = noteMoved(
    client,
    'rollout',
    `SELECT theirs.id AS theirs, (SELECT coalesce(max(id), 0) FROM main.rollouts) + row_number() OVER (ORDER BY theirs.id) AS ours
      ${ofArms} ${asked} WHERE NOT EXISTS (SELECT 1 FROM main.rollouts AS mine WHERE ${samePlace})`,
  );
  copyRows(client, rollouts, {
    changed: { id: 'moved.ours', arm_id: 'answering.ours', question_id: 'asked.ours' },
    from: `${fromMoved('rollout', 'moved', { table: rollouts, column: 'id' })}
      ${joinMoved('arm', 'answering', 'arm_id')} ${asked}`,
  });
  copyParts(client, 'rollout', [usage, errors, steps, tokenArrays, metricValues]);
  return added;
};

/** Which trainings made an arm's model, where ours does not say it. */
const linkTrainings = ({ client }: Connection): void => {
  client.exec(`
    INSERT INTO main.run_trainings (arm_id, repeat, position, training_id)
    SELECT answering.ours, theirs.repeat, theirs.position, mine.id
    ${fromMoved('arm', 'answering', { table: runTrainings, column: 'arm_id' })}
    JOIN ${other}.trainings AS trained ON trained.id = theirs.training_id
    JOIN main.trainings AS mine ON mine.key = trained.key
    WHERE NOT EXISTS (
      SELECT 1 FROM main.run_trainings WHERE arm_id = answering.ours AND repeat = theirs.repeat)`);
};

const addLabels = ({ client }: Connection, ours: number, theirs: number): number =>
  client
    .prepare(
      `INSERT OR IGNORE INTO main.run_labels SELECT ?, label FROM ${other}.run_labels WHERE run_id = ?`,
    )
    .run(ours, theirs).changes;

const countTheirs = ({ client }: Connection, theirs: number): number =>
  client
    .prepare<[number], number>(
      `SELECT count(*) FROM ${other}.arms CROSS JOIN ${other}.rollouts ON rollouts.arm_id = arms.id WHERE arms.run_id = ?`,
    )
    .pluck()
    .get(theirs)!;

/** Brings what ours does not have of one run; inside a transaction, its lock held. `stored`: the id as it is stored. */
export const mergeRun = (connection: Connection, stored: string): Merged => {
  const { client } = connection;
  const theirs = theirRun(connection, stored);
  const manifest = checkedManifest(JSON.parse(theirs.manifest));
  const isNew = findRun(connection, manifest.runId) === undefined;
  const ours = placeRun(connection, theirs, manifest);
  prepareMoved(client);
  placeDatasets(connection, ours, theirs.id);
  placeQuestions(connection);
  dropErrors(connection);
  const added = addRollouts(connection);
  linkTrainings(connection);
  const labels = addLabels(connection, ours, theirs.id);
  client
    .prepare(
      "UPDATE main.runs SET status = 'finished', finished_at = ? WHERE id = ? AND status <> 'finished' AND ? = 'finished'",
    )
    .run(theirs.finishedAt, ours, theirs.status);
  const kept = countTheirs(connection, theirs.id) - added;
  const outcome = isNew ? 'added' : added + labels > 0 ? 'completed' : 'unchanged';
  return { kind: 'run', name: manifest.runId, outcome, added, kept, labels };
};
