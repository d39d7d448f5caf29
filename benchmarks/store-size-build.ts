import type { Question, RunRecord } from '@coa/core';
import { openStore } from '@coa/store';
import Database from 'better-sqlite3';
import { manifestOf, questionOf, recordOf } from './store-records.ts';

export const arms = ['AutoCoA', 'ReAct'] as const;
const sets = ['nq', 'triviaqa', 'hotpotqa', '2wiki', 'musique'] as const;
const metricIds = ['exactMatch', 'tokenF1', 'actionSteps', 'goldRecall', 'answered'] as const;

export const runIdOf = (index: number): string => `size-${index.toString(16).padStart(8, '0')}`;

const manifest = (questionsPerSet: number) =>
  manifestOf({
    runId: runIdOf(0),
    experiment: 'size',
    command: 'npx tsx benchmarks/store-size.ts',
    // As long as the arms of a trained recipe.
    arms: Object.fromEntries(arms.map((name) => [name, { name, recipe: 'x'.repeat(2000) }])),
    datasets: sets.map((name) => ({ name, questions: questionsPerSet, sha256: '' })),
    repeats: 1,
    metrics: metricIds,
  });

/** Two searches, eight steps, about 1.5 kB of text. */
const shape = {
  rounds: 2,
  sentences: 6,
  closing: ['The bridge is mentioned twice, so it must be that river.'],
};

/** What a run of the store at size holds, any number of it. */
export const sizedRecord = (
  own: Pick<RunRecord, 'runId' | 'arm' | 'repeat' | 'seed'> & { readonly question: Question },
): RunRecord =>
  recordOf({
    ...own,
    shape,
    metrics: {
      exactMatch: own.seed % 2,
      tokenF1: 0.5,
      actionSteps: 2,
      goldRecall: null,
      answered: 1,
    },
  });

/** The first run, through the store like any other; returns how many trajectories a second it took. */
const writeFirst = (file: string, trajectories: number): number => {
  const perSet = trajectories / arms.length / sets.length;
  if (!Number.isInteger(perSet)) {
    throw new RangeError(
      `${trajectories} trajectories do not fill ${arms.length} arms x ${sets.length} sets`,
    );
  }
  const store = openStore(file);
  const questions = sets.flatMap((set) =>
    Array.from({ length: perSet }, (_, i) => questionOf(set, i)),
  );
  const started = performance.now();
  store.startRun(manifest(perSet), questions);
  let seed = 0;
  for (const arm of arms) {
    for (const question of questions)
      store.appendRecord(
        sizedRecord({ runId: runIdOf(0), arm, repeat: 0, seed: seed++, question }),
      );
  }
  store.finishRun(runIdOf(0));
  store.close();
  return (1000 * trajectories) / (performance.now() - started);
};

type Copy = {
  readonly table: string;
  readonly where: string;
  /** Column -> expression; every other column stays as it is. */
  readonly changed: Readonly<Record<string, string>>;
};

const copySql = (client: Database.Database, { table, where, changed }: Copy): string => {
  const columns = (client.pragma(`table_info(${table})`) as { name: string }[]).map(
    ({ name }) => name,
  );
  const values = columns.map((column) => changed[column] ?? column);
  return `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${table} WHERE ${where}`;
};

/** Everything of run 1 again, as run 1 + :k, under ids of its own; right and wrong answers are dealt anew. */
const copies = (trajectories: number): readonly Copy[] => {
  const questions = trajectories / arms.length;
  const moved = (column: string, count: number): string => `${column} + :k * ${count}`;
  const [arm_id, dataset_id] = [moved('arm_id', arms.length), moved('dataset_id', sets.length)];
  const rollout_id = moved('rollout_id', trajectories);
  const ofRollouts = `rollout_id <= ${trajectories}`;
  const value = `iif(metric = 'exactMatch', (rollout_id + :k * 7919) * 40503 % 100 < 20 + :k % 60, value)`;
  const [run_id, manifest] = [':run', "json_set(manifest, '$.runId', :run, '$.startedAt', :at)"];
  const stamp = { started_at: ':at', finished_at: ':at', ulid: 'NULL' };
  return [
    { table: 'runs', where: 'id = 1', changed: { id: '1 + :k', run_id, manifest, ...stamp } },
    {
      table: 'arms',
      where: 'run_id = 1',
      changed: { id: moved('id', arms.length), run_id: '1 + :k' },
    },
    { table: 'seeds', where: 'run_id = 1', changed: { run_id: '1 + :k' } },
    {
      table: 'datasets',
      where: 'run_id = 1',
      changed: { id: moved('id', sets.length), run_id: '1 + :k' },
    },
    {
      table: 'questions',
      where: `id <= ${questions}`,
      changed: { id: moved('id', questions), dataset_id },
    },
    {
      table: 'rollouts',
      where: `id <= ${trajectories}`,
      changed: {
        id: moved('id', trajectories),
        arm_id,
        question_id: moved('question_id', questions),
      },
    },
    { table: 'steps', where: ofRollouts, changed: { rollout_id } },
    { table: 'metric_values', where: ofRollouts, changed: { rollout_id, value } },
    { table: 'usage', where: ofRollouts, changed: { rollout_id } },
  ];
};

const addTrainings = (client: Database.Database, trainings: number): void => {
  client.exec(`
    WITH RECURSIVE each(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM each WHERE i < ${trainings})
    INSERT INTO trainings (key, stage, seed, recipe, started_at)
      SELECT printf('%016x', i), 'RL-1', i, '{}', '2026-01-01T00:00:00.000Z' FROM each;
    WITH RECURSIVE each(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM each WHERE i < 600)
    INSERT INTO training_steps (training_id, step, steps, numbers, timing)
      SELECT id, i, 600, json_object('loss', 1.0 / i, 'reward', i / 600.0, 'kl', 0.01), '{}' FROM trainings, each;
  `);
};

export type Size = {
  readonly runs: number;
  readonly trajectories: number;
  readonly trainings: number;
};

/**
 * Makes the store. The first run goes through `appendRecord`; the others are copies of its rows made in SQL, one
 * transaction a run, with the triggers and keys that every writer meets: a million `appendRecord` would take longer and
 * leave the same rows. Returns how fast the first run was stored.
 */
export const buildStore = (file: string, { runs, trajectories, trainings }: Size): number => {
  const rate = writeFirst(file, trajectories);
  const client = new Database(file);
  client.pragma('synchronous = OFF');
  client.pragma('foreign_keys = ON');
  client.pragma('cache_size = -262144');
  addTrainings(client, trainings);
  const statements = copies(trajectories).map((copy) => client.prepare(copySql(client, copy)));
  const copyRun = client.transaction((k: number) => {
    const at = new Date(Date.UTC(2026, 0, 1) + 60_000 * k).toISOString();
    for (const statement of statements) statement.run({ k, run: runIdOf(k), at });
  });
  const started = performance.now();
  for (let k = 1; k < runs; k++) {
    copyRun(k);
    if (k % Math.ceil(runs / 20) === 0) {
      const seconds = (performance.now() - started) / 1000;
      console.error(`${k + 1} of ${runs} runs, ${seconds.toFixed(0)} s`);
    }
  }
  client.pragma('wal_checkpoint(TRUNCATE)');
  client.close();
  // Opening it for writing gives the copies their ULIDs.
  openStore(file).close();
  return rate;
};
