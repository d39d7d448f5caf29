import { coaProtocol, type Environment, type Policy } from '@coa/core';
import { type GrpoReport, paperReward, type Surroundings, trainGrpo } from '@coa/grpo';
import { failureNotice, limitNotice } from '@coa/tools';
import { simulatedEnvironment } from '@coa/world-model';
import { drawTraining } from './examples.ts';
import type { Recipe, Stage } from './recipe.ts';
import type { OpenFolder, TrainingServices } from './train-recipe.ts';
import type { StageParts, StageReport } from './train-stage.ts';

type GrpoStage = Stage & { readonly kind: 'grpo' };

/** Batches between two checkpoints. */
const saveEvery = 4;

const reportOf = (report: GrpoReport): StageReport => {
  const { step, steps, rollouts, rolloutTokensPerSecond, updateTokensPerSecond, ...numbers } =
    report;
  return {
    step,
    steps,
    numbers,
    timing: { rolloutTokensPerSecond, updateTokensPerSecond },
    rollouts,
  };
};

/** The model as it was when the stage began, opened where the stage needs it. */
const openStart = (stage: GrpoStage, { start }: StageParts): OpenFolder | null =>
  stage.simulator.kind === 'frozen' || stage.config.kl.coefficient > 0 ? start() : null;

/** Where each batch takes place: the simulated ones come first. */
const surroundings = (
  stage: GrpoStage,
  recipe: Recipe,
  { environment, simulator }: { readonly environment: Environment; readonly simulator: Policy },
): ((batch: number) => Surroundings) => {
  const simulated = simulatedEnvironment({
    policy: simulator,
    protocol: coaProtocol(stage.prompt),
    maxTokens: recipe.limits.observationTokens,
    temperature: stage.temperature,
    tools: ['search'],
    callLimit: recipe.search.callLimit,
    limitNotice,
    failureNotice,
  });
  return (batch) =>
    batch <= stage.batches.simulated
      ? { kind: 'simulated', environment: simulated }
      : { kind: 'real', environment };
};

/** Trains by GRPO in place; false where it was stopped. */
export const trainGrpoStage = async (
  stage: GrpoStage,
  recipe: Recipe,
  parts: StageParts,
  { now, stopping, onProgress, onStep }: TrainingServices,
): Promise<boolean> => {
  const { trained, environment, checkpoint, place } = parts;
  const { simulated, real } = stage.batches;
  const asked = drawTraining(stage.source, stage.name, place.seed);
  const start = openStart(stage, parts);
  const simulator = stage.simulator.kind === 'frozen' ? start!.policy : trained.policy;
  const task = {
    policy: trained.policy,
    protocol: coaProtocol(stage.prompt),
    options: { ...recipe.limits, temperature: stage.temperature },
    questions: asked.map(({ question }) => question),
    reward: paperReward(stage.formatPenalty),
    environmentAt: surroundings(stage, recipe, { environment, simulator }),
    reference: start?.model ?? null,
    recipe: { stage, search: recipe.search },
  };
  const config = { ...stage.config, batches: simulated + real, seed: place.seed };
  try {
    const { finished } = await trainGrpo(trained.model, task, config, {
      checkpoint: { file: checkpoint, everyBatches: saveEvery },
      now,
      signal: stopping,
      onStep: (report) => {
        onProgress(stage.name, report.step, report.steps);
        onStep(place, reportOf(report));
      },
    });
    return finished;
  } finally {
    await start?.close();
  }
};
