import {
  deriveSeed,
  type Environment,
  type Policy,
  type Protocol,
  type Question,
  type Reward,
  type Rng,
  type Rollout,
} from '@coa/core';
import { lossMask, type RolloutOptions, rolloutBatch } from '@coa/rollout';
import { groupAdvantages, isZeroVariance } from './advantages.ts';
import type { GrpoConfig } from './config.ts';
import { furtherQuestions, questionsOfBatch } from './question-order.ts';

/** What answers the actions of a batch: the world itself, or a model of it. */
export type Surroundings = {
  readonly kind: 'real' | 'simulated';
  readonly environment: Environment;
  /** In place of the task's. */
  readonly reward?: Reward;
};

/** What a policy is trained on. */
export type Task = {
  readonly policy: Policy;
  readonly protocol: Protocol;
  readonly options: RolloutOptions;
  readonly questions: readonly Question[];
  readonly reward: Reward;
};

/** One rollout and what came of it. */
export type RatedRollout = {
  readonly rollout: Rollout;
  /** Which group of the batch, from 0. */
  readonly group: number;
  readonly reward: number;
  /** 0 in a group without variance. */
  readonly advantage: number;
  /** 1 = the token enters the loss, [L]. */
  readonly wanted: Uint8Array;
};

export type SampledBatch = {
  /** What is learnt from. */
  readonly rollouts: readonly RatedRollout[];
  /** Everything that was sampled, groups that were dropped or replaced included. */
  readonly sampled: readonly RatedRollout[];
  /** Of the sampled groups, the share whose members all got the same reward. */
  readonly zeroVariance: number;
};

/** 1 = the token enters the loss, [L]. */
export const wantedOf = (rollout: Rollout, { maskObservations }: GrpoConfig): Uint8Array => {
  if (rollout.tokens === null)
    throw new Error('the policy exposes no token ids; train a model of our own');
  const mask = lossMask(rollout.tokens, { maskObservations });
  mask[0] = 0;
  return mask;
};

type Group = readonly RatedRollout[];

const isFlat = (group: Group): boolean => isZeroVariance(group.map(({ reward }) => reward));

const rate = (
  rollouts: readonly Rollout[],
  first: number,
  { reward }: Task,
  config: GrpoConfig,
): Group[] => {
  const { groupSize: size, advantage } = config;
  return Array.from({ length: rollouts.length / size }, (_, i) => {
    const members = rollouts.slice(i * size, (i + 1) * size);
    const rewards = members.map(({ trajectory }) => reward(trajectory));
    const advantages = groupAdvantages(rewards, advantage);
    return members.map((rollout, member) => ({
      rollout,
      group: first + i,
      reward: rewards[member]!,
      advantage: advantages[member]!,
      wanted: wantedOf(rollout, config),
    }));
  });
};

/** How many further rounds of questions may fill the places of groups without variance. */
const roundsOf = ({ zeroVariance }: GrpoConfig): number =>
  zeroVariance.kind === 'resample' ? zeroVariance.mostRounds : 0;

const keptGroups = (groups: readonly Group[], config: GrpoConfig): Group[] => {
  const telling = groups.filter((group) => !isFlat(group));
  switch (config.zeroVariance.kind) {
    case 'mask':
      return [...groups];
    case 'drop':
      return telling;
    case 'resample':
      return telling.slice(0, config.questionsPerBatch);
  }
};

/**
 * Samples, rates and sorts out the groups of one batch (from 1). All rollouts of a round run together; each depends on
 * seed, batch, question and member alone.
 */
export const sampleBatch = async (
  task: Task,
  config: GrpoConfig,
  batch: number,
  {
    environment,
    rng,
    signal,
  }: {
    readonly environment: Environment;
    readonly rng: Rng;
    readonly signal?: AbortSignal;
  },
): Promise<SampledBatch> => {
  const { policy, protocol, options, questions } = task;
  const setting = { policy, environment, protocol, options, ...(signal && { signal }) };
  const seedOf = ({ dataset, id }: Question, member: number) =>
    deriveSeed(config.seed, 'rollout', batch, dataset, id, member);
  const tasksOf = (question: Question) =>
    Array.from({ length: config.groupSize }, (_, member) => ({
      question,
      seed: seedOf(question, member),
    }));
  const asked = questionsOfBatch(questions, batch, config);
  const groups: Group[] = [];
  for (let next = [...asked], round = 0; next.length > 0; round++) {
    const rollouts = await rolloutBatch(setting, next.flatMap(tasksOf));
    groups.push(...rate(rollouts, groups.length, task, config));
    const missing = config.questionsPerBatch - groups.filter((group) => !isFlat(group)).length;
    next = round < roundsOf(config) ? furtherQuestions(questions, asked, missing, rng) : [];
    asked.push(...next);
  }
  return {
    rollouts: keptGroups(groups, config).flat(),
    sampled: groups.flat(),
    zeroVariance: groups.filter(isFlat).length / groups.length,
  };
};
