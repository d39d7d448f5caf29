import {
  createOptimizer,
  disposeOptimizer,
  type MicroBatch,
  type Model,
  type OptimizerConfig,
  type StepReport,
  type TrainPlan,
  type TrainResult,
  train,
} from '@coa/model';
import { microBatches, type Passes, type RateSchedule, scheduleOf } from './step-plan.ts';

/** What both trainers are told, beside their loss and the size of a step. */
export type TrainConfig = Passes & {
  /** Tokens held in memory at once; a step's gradient is the sum over its parts: only rounding depends on it. */
  readonly microBatchTokens: number;
  readonly checkpointActivations: boolean;
  readonly schedule: RateSchedule;
  /** `maxGradientNorm` clips. */
  readonly optimizer: OptimizerConfig;
};

/** What a training run is given from outside. */
export type TrainServices<Report> = Pick<TrainPlan, 'checkpoint'> & {
  /** Milliseconds; for tokens/s alone. */
  readonly now: () => number;
  readonly onStep?: (report: Report) => void;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
};

/** What both trainers say about a step. */
export type Progress = StepReport & {
  /** Steps of the whole run. */
  readonly steps: number;
  /** Passes over the data so far, a fraction. */
  readonly epoch: number;
  /** Tokens that went through the network. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
};

/** One step's losses, and what they turned out to be once they were computed. */
export type StepLosses<Parts> = {
  /** A part of the step's items, as one micro-batch. */
  readonly lossOf: (items: readonly number[]) => MicroBatch;
  readonly parts: () => Parts;
};

/** Data as the loop sees it: items by number. */
export type StepSource<Parts> = {
  /** The items of each step, from `step-plan`. */
  readonly steps: readonly (readonly number[])[];
  /** How many items there are. */
  readonly count: number;
  readonly tokensOf: (item: number) => number;
  readonly open: (items: readonly number[]) => StepLosses<Parts>;
  /** Plain JSON that tells this data and these settings apart from others. */
  readonly recipe: unknown;
};

const sumOver = (items: readonly number[], of: (item: number) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

/** Passes over the data after each step. */
const epochsAfter = (steps: StepSource<unknown>['steps'], count: number): number[] => {
  let seen = 0;
  return steps.map(({ length }) => {
    seen += length;
    return seen / count;
  });
};

/**
 * The loop of both trainers. The items of a step follow from seed and step alone, so a run resumed from its checkpoint
 * gives the same bytes as an unbroken one.
 */
export const trainSteps = async <Parts extends object>(
  model: Model,
  { steps, count, tokensOf, open, recipe }: StepSource<Parts>,
  config: TrainConfig,
  { now, onStep, checkpoint, signal }: TrainServices<Progress & Parts>,
): Promise<TrainResult> => {
  const epochs = epochsAfter(steps, count);
  let started = 0;
  let current: StepLosses<Parts>;
  const batch: TrainPlan['batch'] = (step) => {
    started = now();
    const items = steps[step - 1]!;
    current = open(items);
    return microBatches(items, tokensOf, config.microBatchTokens).map(current.lossOf);
  };
  const report = (done: StepReport): void => {
    const seconds = (now() - started) / 1000;
    const tokens = sumOver(steps[done.step - 1]!, tokensOf);
    const [epoch, tokensPerSecond] = [epochs[done.step - 1]!, tokens / seconds];
    const progress = { ...done, steps: steps.length, epoch, tokens, tokensPerSecond };
    onStep?.({ ...progress, ...current.parts() });
  };
  const schedule = scheduleOf(config.schedule, steps.length);
  const { optimizer: settings, seed } = config;
  const plan = { steps: steps.length, schedule, optimizer: settings, seed, recipe, checkpoint };
  const optimizer = createOptimizer(model);
  try {
    const stopping = signal ? { signal } : {};
    return await train(model, optimizer, { ...plan, ...stopping, batch, onStep: report });
  } finally {
    disposeOptimizer(optimizer);
  }
};
