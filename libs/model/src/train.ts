import { setImmediate } from 'node:timers/promises';
import { deriveSeed, type Rng, seededRng } from '@coa/core';
import type * as tf from '@tensorflow/tfjs-core';
import { readCheckpoint, recipeHash, writeCheckpoint } from './checkpoint.ts';
import type { Model } from './model.ts';
import {
  applyGradients,
  globalNorm,
  gradientsOf,
  type Optimizer,
  type OptimizerConfig,
} from './optimizer.ts';
import { learningRateAt, type Schedule } from './schedule.ts';

/** Part of a step that is held in memory at once; the gradients of a step's parts are added. */
export type MicroBatch = {
  /** What is in it, for the error when its loss is not a number. */
  readonly label: string;
  readonly loss: () => tf.Scalar;
};

export type TrainPlan = {
  readonly steps: number;
  readonly schedule: Schedule;
  readonly optimizer: OptimizerConfig;
  readonly seed: number;
  /**
   * The micro-batches of a step (from 1): decided by the step, its own generator and the weights alone, so that a resumed
   * run goes on alike.
   */
  readonly batch: (
    step: number,
    rng: Rng,
  ) => readonly MicroBatch[] | Promise<readonly MicroBatch[]>;
  /** Steps that share data drawn at the first of them: the run is saved and stopped only between such stretches. Default: 1. */
  readonly together?: number;
  /** Plain JSON that says what is trained on what; a checkpoint of another recipe, schedule or optimiser is refused. */
  readonly recipe: unknown;
  readonly checkpoint: { readonly file: string; readonly every: number } | null;
  readonly onStep?: (report: StepReport) => void;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
};

export type StepReport = {
  readonly step: number;
  /** Sum over the micro-batches. */
  readonly loss: number;
  /** L2 norm of the gradients before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
};

export type TrainResult = { readonly step: number; readonly finished: boolean };

/** The loss or a gradient stopped being a number. */
export class NonFiniteLossError extends Error {
  override readonly name = 'NonFiniteLossError';
}

const complain = (
  step: number,
  losses: readonly number[],
  norm: number,
  batch: readonly MicroBatch[],
  good: string,
): never => {
  const bad = losses.findIndex((loss) => !Number.isFinite(loss));
  const where = bad < 0 ? batch.map(({ label }) => label).join('; ') : batch[bad]!.label;
  const what = bad < 0 ? `the gradient norm is ${norm}` : `the loss is ${losses[bad]}`;
  throw new NonFiniteLossError(
    `step ${step}: ${what} on batch ${bad < 0 ? '' : `${bad + 1} of ${batch.length} `}(${where}); no weight was changed. ${good}. Lower the learning rate, or look at that batch`,
  );
};

const trainStep = async (
  optimizer: Optimizer,
  plan: TrainPlan,
  step: number,
  good: string,
): Promise<StepReport> => {
  const batch = await plan.batch(step, seededRng(deriveSeed(plan.seed, 'step', step)));
  const { losses, gradients } = gradientsOf(
    optimizer.parameters,
    batch.map(({ loss }) => loss),
  );
  try {
    const loss = losses.reduce((sum, part) => sum + part, 0);
    const gradientNorm = globalNorm(gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
      complain(step, losses, gradientNorm, batch, good);
    const learningRate = learningRateAt(plan.schedule, step);
    applyGradients(optimizer, gradients, gradientNorm, { ...plan.optimizer, learningRate });
    return { step, loss, gradientNorm, learningRate };
  } finally {
    for (const gradient of gradients.values()) gradient.dispose();
  }
};

const assertTogether = ({ steps, checkpoint, together = 1 }: TrainPlan): void => {
  for (const [what, count] of Object.entries({ steps, 'checkpoint.every': checkpoint?.every })) {
    if (count !== undefined && count % together !== 0) {
      throw new RangeError(`${what} is ${count}; it must be a multiple of together (${together})`);
    }
  }
};

/**
 * The training loop. Where the plan's checkpoint exists, the run goes on from it: same seed, plan and backend give the
 * same bytes, broken off or not.
 */
export const train = async (
  model: Model,
  optimizer: Optimizer,
  plan: TrainPlan,
): Promise<TrainResult> => {
  const { steps, checkpoint, signal, onStep, together = 1 } = plan;
  assertTogether(plan);
  const place = {
    seed: plan.seed,
    recipe: recipeHash(model, {
      recipe: plan.recipe,
      schedule: plan.schedule,
      optimizer: plan.optimizer,
    }),
  };
  let step = checkpoint ? readCheckpoint(checkpoint.file, model, optimizer, place) : 0;
  let good =
    step > 0
      ? `The last good checkpoint is ${checkpoint!.file}, of step ${step}`
      : 'No checkpoint was written yet';
  const save = (): void => {
    if (!checkpoint) return;
    writeCheckpoint(checkpoint.file, model, optimizer, { ...place, step });
    good = `The last good checkpoint is ${checkpoint.file}, of step ${step}`;
  };
  while (step < steps && !(signal?.aborted && step % together === 0)) {
    const report = await trainStep(optimizer, plan, step + 1, good);
    step += 1;
    onStep?.(report);
    if (checkpoint && step % checkpoint.every === 0) save();
    await setImmediate();
  }
  if (checkpoint && step % checkpoint.every !== 0) save();
  return { step, finished: step >= steps };
};
