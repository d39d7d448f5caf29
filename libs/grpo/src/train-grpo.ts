import { hash32, type Rng } from '@coa/core';
import {
  createOptimizer,
  disposeOptimizer,
  type MicroBatch,
  type Model,
  type StepReport,
  type TrainPlan,
  type TrainResult,
  train,
} from '@coa/model';
import { noParts } from './batch-loss.ts';
import { CollapseError, collapseOf } from './collapse.ts';
import type { GrpoConfig } from './config.ts';
import { type Updates, updatesOf } from './micro-batches.ts';
import { type BatchFacts, batchFacts, type GrpoReport, updateFacts } from './report.ts';
import { type SampledBatch, type Surroundings, sampleBatch, type Task } from './sample-batch.ts';

export type GrpoTask = Task & {
  /** The policy over the model that is trained; it is told when the weights have changed. */
  readonly policy: Task['policy'] & { refresh(): void };
  /** Where the rollouts of a batch (from 1) take place: simulated first and then real, or any other order. */
  readonly environmentAt: (batch: number) => Surroundings;
  /** Needed where the KL coefficient is not 0. */
  readonly reference: Model | null;
  /** Plain JSON that tells environments and reward apart, for the checkpoint. */
  readonly recipe: unknown;
};

/** What is remembered of a batch (from 1). */
export type PastBatch = Pick<Surroundings, 'kind'> & {
  readonly batch: number;
  readonly reward: number;
};

export type GrpoServices = {
  readonly checkpoint: { readonly file: string; readonly everyBatches: number } | null;
  /** Milliseconds; for tokens/s alone. */
  readonly now: () => number;
  /** Batches made before the run was broken off, so that a collapse is seen across the break. Default: none. */
  readonly past?: readonly PastBatch[];
  readonly onStep?: (report: GrpoReport) => void;
  /** Ends the run after the current batch, with a checkpoint. */
  readonly signal?: AbortSignal;
};

const positive = ['batches', 'questionsPerBatch', 'groupSize', 'updatesPerBatch'] as const;

const assertGrpo = (config: GrpoConfig, { options, reference }: GrpoTask): void => {
  for (const name of positive) {
    if (!Number.isSafeInteger(config[name]) || config[name] < 1)
      throw new RangeError(`${name} is ${config[name]}; it must be a whole number of at least 1`);
  }
  const { temperature, topP } = options;
  if (!(temperature > 0) || topP !== 1) {
    throw new RangeError(
      `rollouts are sampled at temperature ${temperature} and top-p ${topP}; GRPO needs a temperature above 0 and top-p 1, so that log-probabilities are those of training`,
    );
  }
  if (config.kl.coefficient > 0 && reference === null) {
    throw new RangeError(
      `the KL coefficient is ${config.kl.coefficient}, but there is no reference model`,
    );
  }
};

/** What is held while the updates on a batch last. */
type Current = {
  readonly batch: number;
  readonly sampled: SampledBatch;
  readonly facts: BatchFacts;
  readonly updates: Updates;
  /** When the rollouts had been made. */
  readonly sampledAt: number;
};

const recipeOf = (config: GrpoConfig, { questions, options, recipe }: GrpoTask) => ({
  kind: 'grpo',
  config,
  options,
  questions: hash32(JSON.stringify(questions.map(({ dataset, id }) => [dataset, id]))),
  recipe,
});

/** The mean rewards of batches in one kind of surroundings; throws where they collapse. */
const watchRewards = ({ collapse }: GrpoConfig, past: readonly PastBatch[]) => {
  const made = new Map(past.map((one) => [one.batch, one]));
  return (kind: Surroundings['kind'], reward: number, batch: number): void => {
    made.set(batch, { batch, kind, reward });
    const rewards: number[] = [];
    for (let at = batch; made.get(at)?.kind === kind; at--) rewards.unshift(made.get(at)!.reward);
    const wrong = collapse && collapseOf(rewards, collapse);
    if (wrong) {
      throw new CollapseError(
        `batch ${batch}: ${wrong}; training was stopped before its update. Lower the learning rate, keep a KL term, or look at the newest rollouts`,
      );
    }
  };
};

const planOf = (
  task: GrpoTask,
  config: GrpoConfig,
  { checkpoint, signal }: GrpoServices,
): Omit<TrainPlan, 'batch'> => {
  const { updatesPerBatch, batches, seed, schedule, optimizer } = config;
  const steps = batches * updatesPerBatch;
  return {
    steps,
    schedule: { ...schedule, steps },
    optimizer,
    seed,
    recipe: recipeOf(config, task),
    checkpoint: checkpoint && {
      file: checkpoint.file,
      every: checkpoint.everyBatches * updatesPerBatch,
    },
    together: updatesPerBatch,
    ...(signal && { signal }),
  };
};

/** Samples a batch for the first of its updates and holds it for the others. */
const openBatches = (
  model: Model,
  task: GrpoTask,
  config: GrpoConfig,
  { now, past = [] }: GrpoServices,
) => {
  const { updatesPerBatch } = config;
  const { reference, policy, options } = task;
  const watch = watchRewards(config, past);
  const place = { model, reference, temperature: options.temperature };
  let current: Current | null = null;
  const sample = async (batch: number, rng: Rng): Promise<Current> => {
    const begun = now();
    policy.refresh();
    const { kind, environment, reward = task.reward } = task.environmentAt(batch);
    const sampled = await sampleBatch({ ...task, reward }, config, batch, { environment, rng });
    const sampledAt = now();
    const facts = batchFacts(sampled, { kind }, (sampledAt - begun) / 1000);
    watch(kind, facts.reward, batch);
    const updates = updatesOf(place, sampled.rollouts, config);
    return { batch, sampled, facts, updates, sampledAt };
  };
  return async (step: number, rng: Rng): Promise<Current & { readonly update: number }> => {
    const update = ((step - 1) % updatesPerBatch) + 1;
    if (update === 1 || current === null)
      current = await sample(Math.ceil(step / updatesPerBatch), rng);
    return { ...current, update };
  };
};

/**
 * Group relative policy optimisation (paper, "GRPO"): draw questions, sample a group for each, centre the rewards in the
 * group, update. Same seed, config, model and backend give the same bytes, broken off or not.
 * @throws NonFiniteLossError, CollapseError: the run diverged, and why
 */
export const trainGrpo = async (
  model: Model,
  task: GrpoTask,
  config: GrpoConfig,
  services: GrpoServices,
): Promise<TrainResult> => {
  assertGrpo(config, task);
  const { now, onStep } = services;
  const plan = planOf(task, config, services);
  const batchAt = openBatches(model, task, config, services);
  const held = { parts: noParts(), started: 0 };
  let current: Awaited<ReturnType<typeof batchAt>>;
  const batch = async (step: number, rng: Rng): Promise<MicroBatch[]> => {
    current = await batchAt(step, rng);
    held.started = current.update === 1 ? current.sampledAt : now();
    held.parts = noParts();
    return current.updates.microBatches({ first: current.update === 1, parts: held.parts });
  };
  const hasReference = config.kl.coefficient > 0;
  const report = (done: StepReport): void => {
    const { batch: number, sampled, facts, update, updates } = current;
    const seconds = (now() - held.started) / 1000;
    const made = updateFacts(held.parts, { seconds, tokens: updates.tokens, hasReference });
    const rollouts = update === 1 ? sampled.sampled : [];
    onStep?.({ ...done, ...facts, ...made, steps: plan.steps, batch: number, update, rollouts });
  };
  const optimizer = createOptimizer(model);
  try {
    return await train(model, optimizer, { ...plan, batch, onStep: report });
  } finally {
    disposeOptimizer(optimizer);
    task.policy.refresh();
  }
};
