import type { Question, Rollout } from '@coa/core';
import { and, eq, sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { preparedInsert } from './prepared-insert.ts';
import { stepRow } from './step-rows.ts';
import { questionJson } from './stored-json.ts';
import { encodeTokens, type TokenEncoding } from './token-blobs.ts';
import { needTraining } from './training-rows.ts';
import {
  trainingQuestions,
  trainingRolloutSteps,
  trainingRollouts,
  trainingSteps,
  trainingTokenArrays,
} from './training-schema.ts';

/** Numbers by name; null = not defined. */
export type Numbers = Readonly<Record<string, number | null>>;

/** A rollout that a model learnt from, or was sampled to. */
export type NewTrainingRollout = {
  readonly rollout: Rollout;
  /** Which group of the step: rollouts of one question, compared with each other. Their order is their place in it. */
  readonly group: number;
  readonly reward: number;
  readonly advantage: number;
  /** Calls that a model of the world answered; null or absent = not told. */
  readonly simulatedCalls?: number | null;
};

export type NewTrainingStep = {
  /** From 1. */
  readonly step: number;
  /** Of the whole training. */
  readonly steps: number;
  /** Loss parts, reward, gradient norm, ...: what the same training gives again. */
  readonly numbers: Numbers;
  /** Wall-clock and speeds, for people; excluded from every comparison. What is not finite becomes null. */
  readonly timing?: Numbers;
  readonly rollouts: readonly NewTrainingRollout[];
};

/** Prepared once per store. */
const prepareWrites = ({ db }: Connection) => ({
  removeStep: db
    .delete(trainingSteps)
    .where(
      and(
        eq(trainingSteps.trainingId, sql.placeholder('trainingId')),
        eq(trainingSteps.step, sql.placeholder('step')),
      ),
    )
    .prepare(),
  findQuestion: db
    .select({ id: trainingQuestions.id, question: trainingQuestions.question })
    .from(trainingQuestions)
    .where(
      and(
        eq(trainingQuestions.trainingId, sql.placeholder('trainingId')),
        eq(trainingQuestions.dataset, sql.placeholder('dataset')),
        eq(trainingQuestions.questionId, sql.placeholder('questionId')),
      ),
    )
    .prepare(),
  addStep: preparedInsert(db, trainingSteps),
  addQuestion: preparedInsert(db, trainingQuestions),
  addRollout: preparedInsert(db, trainingRollouts),
  addRolloutStep: preparedInsert(db, trainingRolloutSteps),
  addTokens: preparedInsert(db, trainingTokenArrays),
});

type Writes = ReturnType<typeof prepareWrites>;

/** What types cannot say about a step. */
const assertStorable = (key: string, { step, steps, numbers, rollouts }: NewTrainingStep): void => {
  const refuse = (what: string): never => {
    throw new RangeError(`cannot store step ${step} of training '${key}': ${what}`);
  };
  if (!Number.isInteger(step) || !Number.isInteger(steps) || step < 1 || step > steps) {
    refuse(`steps are counted from 1 to ${steps}`);
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== null && !Number.isFinite(value)) {
      refuse(`${name} is ${value}; a value that is not defined is null`);
    }
  }
  rollouts.forEach(({ group, reward, advantage, simulatedCalls }, index) => {
    if (!Number.isInteger(group) || group < 0) refuse(`rollout ${index} is of group ${group}`);
    if (!Number.isFinite(reward) || !Number.isFinite(advantage)) {
      refuse(`rollout ${index} has reward ${reward} and advantage ${advantage}`);
    }
    if (simulatedCalls != null && !(Number.isInteger(simulatedCalls) && simulatedCalls >= 0)) {
      refuse(`rollout ${index} has ${simulatedCalls} simulated calls`);
    }
  });
};

/** The row of a question, added where the training does not have it. Throws where it has another under its id. */
const placeQuestion = (writes: Writes, trainingId: number, question: Question): number => {
  const { dataset, id: questionId } = question;
  const json = questionJson(question);
  const stored = writes.findQuestion.get({ trainingId, dataset, questionId });
  if (!stored) {
    const row = { id: null, trainingId, dataset, questionId, question: JSON.parse(json) };
    return Number(writes.addQuestion(row).lastInsertRowid);
  }
  if (questionJson(stored.question) === json) return stored.id;
  throw new Error(
    `question ${dataset}/${questionId} differs from the one that the training asked under this id before`,
  );
};

const addRollout = (
  writes: Writes,
  rated: NewTrainingRollout,
  at: {
    readonly trainingId: number;
    readonly step: number;
    readonly member: number;
    readonly tokenEncoding: TokenEncoding;
  },
): void => {
  const { trainingId, step, member, tokenEncoding } = at;
  const { rollout, group, reward, advantage, simulatedCalls = null } = rated;
  const { trajectory, tokens, usage } = rollout;
  const { stop, protocol } = trajectory;
  const { promptTokens, completionTokens, requests } = usage;
  const questionId = placeQuestion(writes, trainingId, trajectory.question);
  const added = writes.addRollout({
    ...{ id: null, trainingId, step, group, member, questionId, stop, protocol },
    ...{ reward, advantage, simulatedCalls, promptTokens, completionTokens, requests },
  });
  const rolloutId = Number(added.lastInsertRowid);
  trajectory.steps.forEach((each, position) => {
    writes.addRolloutStep({ rolloutId, position, ...stepRow(each) });
  });
  if (tokens) writes.addTokens({ rolloutId, ...encodeTokens(tokens, tokenEncoding) });
};

/** Returns the function that stores one step with its rollouts, whole or not at all, in place of an earlier one. */
export const trainingStepWriter = (connection: Connection, tokenEncoding: TokenEncoding) => {
  const writes = prepareWrites(connection);
  const write = connection.client.transaction((key: string, told: NewTrainingStep) => {
    const { step, steps, numbers, rollouts, timing = {} } = told;
    const { id: trainingId } = needTraining(connection, key);
    writes.removeStep.run({ trainingId, step });
    // As JSON, what is not finite is null.
    writes.addStep({ trainingId, step, steps, numbers, timing });
    const sizes = new Map<number, number>();
    for (const rated of rollouts) {
      const member = sizes.get(rated.group) ?? 0;
      sizes.set(rated.group, member + 1);
      addRollout(writes, rated, { trainingId, step, member, tokenEncoding });
    }
  });
  return (key: string, told: NewTrainingStep): void => {
    assertStorable(key, told);
    write.immediate(key, told);
  };
};
