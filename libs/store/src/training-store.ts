import type { Connection } from './connection.ts';
import {
  readTrainingRollouts,
  readTrainingSteps,
  type TrainingRollout,
  type TrainingRolloutFilter,
  type TrainingStep,
  type TrainingStepFilter,
} from './read-training.ts';
import { needRun, type RunRows } from './run-rows.ts';
import { explained } from './store-failure.ts';
import type { TokenEncoding } from './token-blobs.ts';
import {
  deleteTraining,
  linkTrainings,
  listTrainings,
  type RunTraining,
  startTraining,
  type Training,
  type TrainingListing,
  trainingsOf,
} from './training-rows.ts';
import { type NewTrainingStep, trainingStepWriter } from './write-training-step.ts';

/** What models learnt from: kept beside runs, shared by those that use it, never part of their records. */
export type TrainingStore = {
  /** Begins a training or finds it. Throws where the stored one under its key is of another stage or seed. */
  startTraining(training: Training): 'new' | 'resumed';
  /** Stores a step of a stored training with its rollouts in one transaction, in place of what the step had before. */
  appendTrainingStep(key: string, step: NewTrainingStep): void;
  /** Says which stored trainings, in order, made the model of a started run's arm in a repeat; replaces what was said. */
  linkTrainings(runId: string, arm: string, repeat: number, keys: readonly string[]): void;
  /** By arm, repeat and place in the arm's recipe. */
  trainingsOf(runId: string): readonly RunTraining[];
  /** Every training, the last started first. */
  listTrainings(): readonly TrainingListing[];
  /** In order; all, or those that a reader does not have yet. */
  readTrainingSteps(key: string, filter?: TrainingStepFilter): readonly TrainingStep[];
  /** By step, group and member; streamed, whoever writes meanwhile. Never part of a run's records. */
  readTrainingRollouts(
    key: string,
    filter?: TrainingRolloutFilter,
  ): Generator<TrainingRollout, void, undefined>;
  /** Removes a training with its steps and rollouts; throws while a run's model was made by it. */
  deleteTraining(key: string): void;
};

/** What writes. Trainings have no lock: two writers of one key store the same. `rowsOf`: of a run that was started. */
export const trainingWrites = (
  connection: Connection,
  {
    tokenEncoding,
    rowsOf,
  }: { readonly tokenEncoding: TokenEncoding; readonly rowsOf: (runId: string) => RunRows },
) => {
  const write = trainingStepWriter(connection, tokenEncoding);
  const attempt = <T>(what: string, work: () => T): T => explained(what, connection.file, work);
  return {
    startTraining: (training: Training) =>
      attempt(`start training '${training.key}'`, () => startTraining(connection, training)),
    appendTrainingStep: (key: string, step: NewTrainingStep): void =>
      attempt(`store step ${step.step} of training '${key}'`, () => write(key, step)),
    linkTrainings: (runId: string, arm: string, repeat: number, keys: readonly string[]): void => {
      const rows = rowsOf(runId);
      attempt(`link the trainings of arm '${arm}'`, () =>
        linkTrainings(connection, rows, { arm, repeat, keys }),
      );
    },
    deleteTraining: (key: string): void =>
      attempt(`delete training '${key}'`, () => deleteTraining(connection, key)),
  };
};

/** What reads. */
export const trainingReads = (connection: Connection) => ({
  trainingsOf: (runId: string) => trainingsOf(connection, needRun(connection, runId).id),
  listTrainings: () => listTrainings(connection),
  readTrainingSteps: (key: string, filter: TrainingStepFilter = {}) =>
    readTrainingSteps(connection, key, filter),
  readTrainingRollouts: (key: string, filter: TrainingRolloutFilter = {}) =>
    readTrainingRollouts(connection, key, filter),
});
