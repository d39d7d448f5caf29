import { and, count, desc, eq, sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import type { RunRows } from './run-rows.ts';
import { arms } from './schema.ts';
import { runTrainings, trainingSteps, trainings } from './training-schema.ts';

/** One stage of a recipe with everything before it, trained with one seed. */
export type Training = {
  /** Tells trainings apart: equal keys, equal weights. */
  readonly key: string;
  readonly stage: string;
  /** Unsigned 32-bit. */
  readonly seed: number;
  /** What was trained, plain JSON, for people: where several recipes share it, as it was told first. */
  readonly recipe: object;
};

export type TrainingListing = Training & {
  /** ISO 8601, for people. */
  readonly startedAt: string;
  /** The last stored step; null where none is. */
  readonly step: number | null;
  /** Steps that the whole training takes; null where no step is stored. */
  readonly steps: number | null;
};

/** A training that went into the model with which an arm of a run answered in a repeat. */
export type RunTraining = {
  readonly arm: string;
  readonly repeat: number;
  readonly key: string;
  readonly stage: string;
  readonly seed: number;
};

const findTraining = ({ db }: Connection, key: string) =>
  db.select().from(trainings).where(eq(trainings.key, key)).get();

/** The training's row; throws where the store has no such training. */
export const needTraining = (connection: Connection, key: string) => {
  const training = findTraining(connection, key);
  if (!training) throw new Error(`no training '${key}' in ${connection.file}`);
  return training;
};

/** Adds a training, or finds it. Throws where the stored one is of another stage or seed. */
export const startTraining = (
  connection: Connection,
  { key, stage, seed, recipe }: Training,
): 'new' | 'resumed' => {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`training '${key}': seed ${seed} is no unsigned 32-bit integer`);
  }
  const startedAt = new Date().toISOString();
  const { changes } = connection.db
    .insert(trainings)
    .values({ key, stage, seed, recipe, startedAt })
    .onConflictDoNothing()
    .run();
  if (changes === 1) return 'new';
  const stored = needTraining(connection, key);
  if (stored.stage === stage && stored.seed === seed) return 'resumed';
  throw new Error(
    `training '${key}' in ${connection.file} is stage '${stored.stage}' with seed ${stored.seed}, not '${stage}' with seed ${seed}`,
  );
};

/** By the primary key: no other step is read. */
const lastStep = sql`(
  SELECT max(step) FROM training_steps AS own WHERE own.training_id = ${trainings.id}
)`;

/** Every training, the last started first. */
export const listTrainings = ({ db }: Connection): TrainingListing[] =>
  db
    .select({
      ...{ key: trainings.key, stage: trainings.stage, seed: trainings.seed },
      ...{ recipe: trainings.recipe, startedAt: trainings.startedAt },
      ...{ step: trainingSteps.step, steps: trainingSteps.steps },
    })
    .from(trainings)
    .leftJoin(
      trainingSteps,
      and(eq(trainingSteps.trainingId, trainings.id), eq(trainingSteps.step, lastStep)),
    )
    .orderBy(desc(trainings.startedAt), desc(trainings.id))
    .all();

/** Says which trainings, in order, made the model of an arm in a repeat, in place of what was said before. */
export const linkTrainings = (
  connection: Connection,
  rows: RunRows,
  at: { readonly arm: string; readonly repeat: number; readonly keys: readonly string[] },
): void => {
  const { arm, repeat, keys } = at;
  const { runId, repeats } = rows.manifest;
  const armId = rows.arms.get(arm);
  if (armId === undefined) {
    throw new RangeError(
      `run '${runId}' has no arm '${arm}', but ${[...rows.arms.keys()].join(', ')}`,
    );
  }
  if (!Number.isInteger(repeat) || repeat < 0 || repeat >= repeats) {
    throw new RangeError(
      `run '${runId}' has ${repeats} repeats, counted from 0; no repeat ${repeat}`,
    );
  }
  const { db, client } = connection;
  const link = client.transaction(() => {
    db.delete(runTrainings)
      .where(and(eq(runTrainings.armId, armId), eq(runTrainings.repeat, repeat)))
      .run();
    keys.forEach((key, position) => {
      const trainingId = needTraining(connection, key).id;
      db.insert(runTrainings).values({ armId, repeat, position, trainingId }).run();
    });
  });
  link.immediate();
};

/** By arm, repeat and place in the arm's recipe. */
export const trainingsOf = ({ db }: Connection, run: number): RunTraining[] =>
  db
    .select({
      ...{ arm: arms.name, repeat: runTrainings.repeat },
      ...{ key: trainings.key, stage: trainings.stage, seed: trainings.seed },
    })
    .from(runTrainings)
    .innerJoin(arms, eq(arms.id, runTrainings.armId))
    .innerJoin(trainings, eq(trainings.id, runTrainings.trainingId))
    .where(eq(arms.runId, run))
    .orderBy(arms.position, runTrainings.repeat, runTrainings.position)
    .all();

/** Removes a training with its steps and rollouts. Throws while a run's model was made by it. */
export const deleteTraining = (connection: Connection, key: string): void => {
  const { db, client } = connection;
  const remove = client.transaction(() => {
    const { id } = needTraining(connection, key);
    const linked = db
      .select({ n: count() })
      .from(runTrainings)
      .where(eq(runTrainings.trainingId, id))
      .get()!.n;
    if (linked > 0) {
      throw new Error(
        `training '${key}' made the models of ${linked} arms and repeats; delete their runs first`,
      );
    }
    db.delete(trainings).where(eq(trainings.id, id)).run();
  });
  remove.immediate();
};
