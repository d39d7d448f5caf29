import type { Rollout } from '@coa/core';
import { and, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import { byRollout } from './by-rollout.ts';
import type { Connection } from './connection.ts';
import { stepOf } from './step-rows.ts';
import { checkedQuestion } from './stored-json.ts';
import { decodeTokens } from './token-blobs.ts';
import { needTraining } from './training-rows.ts';
import {
  trainingQuestions,
  trainingRolloutSteps,
  trainingRollouts,
  trainingSteps,
  trainingTokenArrays,
} from './training-schema.ts';
import type { NewTrainingRollout, NewTrainingStep } from './write-training-step.ts';

/** A stored step without its rollouts. */
export type TrainingStep = Required<Omit<NewTrainingStep, 'rollouts'>>;

/** A stored rollout and where it stands. */
export type TrainingRollout = Required<NewTrainingRollout> & {
  readonly step: number;
  /** Place in its group, from 0. */
  readonly member: number;
};

export type TrainingRolloutFilter = {
  readonly step?: number;
  /** false: `tokens` is null in every rollout, and their bytes are not read. Default true. */
  readonly tokens?: boolean;
};

/** Which steps of a training. */
export type TrainingStepFilter = {
  /** Those after this one: what a reader who has the earlier ones still needs. */
  readonly after?: number;
  /** Only so many, the last ones. */
  readonly newest?: number;
};

/** In order. */
export const readTrainingSteps = (
  connection: Connection,
  key: string,
  { after = 0, newest }: TrainingStepFilter = {},
): TrainingStep[] => {
  const { step, steps, numbers, timing } = trainingSteps;
  const { id } = needTraining(connection, key);
  return connection.db
    .select({ step, steps, numbers, timing })
    .from(trainingSteps)
    .where(and(eq(trainingSteps.trainingId, id), gt(step, after)))
    .orderBy(desc(step))
    .limit(newest ?? -1)
    .all()
    .reverse();
};

const stepNumbers = ({ db }: Connection, training: number): number[] =>
  db
    .select({ step: trainingSteps.step })
    .from(trainingSteps)
    .where(eq(trainingSteps.trainingId, training))
    .orderBy(trainingSteps.step)
    .all()
    .map(({ step }) => step);

const prepareReads = ({ db }: Connection) => {
  const ofStep = and(
    eq(trainingRollouts.trainingId, sql.placeholder('training')),
    eq(trainingRollouts.step, sql.placeholder('step')),
  );
  const ids = () => db.select({ id: trainingRollouts.id }).from(trainingRollouts).where(ofStep);
  return {
    rated: db
      .select({ rated: trainingRollouts, question: trainingQuestions.question })
      .from(trainingRollouts)
      .innerJoin(trainingQuestions, eq(trainingQuestions.id, trainingRollouts.questionId))
      .where(ofStep)
      .orderBy(trainingRollouts.group, trainingRollouts.member)
      .prepare(),
    steps: db
      .select()
      .from(trainingRolloutSteps)
      .where(inArray(trainingRolloutSteps.rolloutId, ids()))
      .orderBy(trainingRolloutSteps.rolloutId, trainingRolloutSteps.position)
      .prepare(),
    tokens: db
      .select()
      .from(trainingTokenArrays)
      .where(inArray(trainingTokenArrays.rolloutId, ids()))
      .prepare(),
  };
};

const rolloutsOfStep = (
  reads: ReturnType<typeof prepareReads>,
  at: { readonly training: number; readonly step: number },
  withTokens: boolean,
): TrainingRollout[] => {
  const steps = byRollout(reads.steps.all(at));
  const arrays = byRollout(withTokens ? reads.tokens.all(at) : []);
  return reads.rated.all(at).map(({ rated, question }) => {
    const { id, step, group, member, reward, advantage, simulatedCalls } = rated;
    const { stop, protocol, promptTokens, completionTokens, requests } = rated;
    const blobs = arrays.get(id)?.[0];
    const rollout: Rollout = {
      trajectory: {
        question: checkedQuestion(question),
        protocol,
        steps: (steps.get(id) ?? []).map(stepOf),
        stop,
      },
      tokens: blobs ? decodeTokens(blobs) : null,
      usage: { promptTokens, completionTokens, requests },
    };
    return { step, group, member, reward, advantage, simulatedCalls, rollout };
  });
};

/**
 * The rollouts of a training by step, group and member. Each step is one short read, so that a writer is never held up;
 * steps added after the first was asked for are not met.
 */
export function* readTrainingRollouts(
  connection: Connection,
  key: string,
  { step: only, tokens = true }: TrainingRolloutFilter,
): Generator<TrainingRollout, void, undefined> {
  const { id: training } = needTraining(connection, key);
  const reads = prepareReads(connection);
  const readOnce = connection.client.transaction(rolloutsOfStep);
  const steps = only === undefined ? stepNumbers(connection, training) : [only];
  for (const step of steps) yield* readOnce(reads, { training, step }, tokens);
}
