import { coaProtocol, type Environment, type Policy, type Reward } from '@coa/core';
import {
  earnedByActing,
  type GrpoReport,
  type PastBatch,
  paperReward,
  releasedTrainingReward,
  type Surroundings,
  trainGrpo,
} from '@coa/grpo';
import { failureNotice, limitNotice } from '@coa/tools';
import { noiseAt, separateSimulator, simulatedEnvironment } from '@coa/world-model';
import { drawTraining } from './examples.ts';
import type { Recipe, Stage } from './recipe.ts';
import type { TrainingServices } from './train-recipe.ts';
import { trainSimulator } from './train-simulator.ts';
import type { StageParts, StageReport } from './train-stage.ts';

type GrpoStage = Stage & { readonly kind: 'grpo' };

/** Batches between two checkpoints. */
const saveEvery = 4;

const reportOf = (report: GrpoReport): StageReport => {
  const { step, steps, rollouts, ...rest } = report;
  const {
    rolloutTokensPerSecond,
    rolloutSeconds,
    updateTokensPerSecond,
    updateSeconds,
    ...numbers
  } = rest;
  return {
    step,
    steps,
    numbers,
    timing: { rolloutTokensPerSecond, rolloutSeconds, updateTokensPerSecond, updateSeconds },
    rollouts,
  };
};

/** Further models that a stage needs, beside the one that is trained. */
const openOthers = (stage: GrpoStage, { open }: StageParts) => {
  const { simulator, config } = stage;
  const needsStart = simulator.kind === 'frozen' || config.kl.coefficient > 0;
  return {
    start: needsStart ? open('start') : null,
    simulating: simulator.kind === 'separate' ? open('base') : null,
  };
};

type Others = ReturnType<typeof openOthers>;

/** The simulated environment of each batch (from 1). */
const simulationOf = (
  stage: GrpoStage,
  recipe: Recipe,
  { trained, others }: { readonly trained: Policy; readonly others: Others },
): ((batch: number) => Environment) => {
  const { simulator, temperature, batches } = stage;
  const limits = {
    tools: ['search'],
    maxTokens: recipe.limits.observationTokens,
    temperature,
    callLimit: recipe.search.callLimit,
    limitNotice,
    failureNotice,
  };
  switch (simulator.kind) {
    case 'self':
    case 'frozen': {
      const policy = simulator.kind === 'self' ? trained : others.start!.policy;
      const protocol = coaProtocol(stage.prompt);
      const environment = simulatedEnvironment({ ...limits, policy, protocol });
      return () => environment;
    }
    case 'separate': {
      const { noise, seesGold } = simulator;
      const steps = Math.max(1, batches.simulated - 1);
      const { policy } = others.simulating!;
      return (batch) =>
        separateSimulator({
          ...limits,
          policy,
          seesGold,
          noise: noise === null ? 0 : noiseAt(batch - 1, { ...noise, steps }),
        });
    }
  }
};

/** What real and simulated batches pay. */
const rewardsOf = ({ reward }: GrpoStage): Readonly<Record<Surroundings['kind'], Reward>> => {
  switch (reward.kind) {
    case 'released':
      return { real: releasedTrainingReward, simulated: releasedTrainingReward };
    case 'exact-match': {
      const real = paperReward(reward.formatPenalty);
      return { real, simulated: reward.simulatedByActing ? earnedByActing(real) : real };
    }
  }
};

/** The stage's stored batches: what a resumed run knows of those before it. */
const pastOf = (
  { batches, config }: GrpoStage,
  steps: readonly Pick<StageReport, 'step' | 'numbers'>[],
): PastBatch[] =>
  steps
    .filter(({ step }) => step % config.updatesPerBatch === 0)
    .map(({ step, numbers }) => {
      const batch = step / config.updatesPerBatch;
      const kind = batch <= batches.simulated ? 'simulated' : 'real';
      return { batch, kind, reward: numbers.reward ?? 0 };
    });

/** Where each batch takes place: the simulated ones come first. */
const surroundings = (
  stage: GrpoStage,
  real: Environment,
  simulated: (batch: number) => Environment,
): ((batch: number) => Surroundings) => {
  const rewards = rewardsOf(stage);
  const { batches } = stage;
  return (batch) =>
    batch <= batches.simulated
      ? { kind: 'simulated', environment: simulated(batch), reward: rewards.simulated }
      : { kind: 'real', environment: real };
};

const learn = async (
  stage: GrpoStage,
  recipe: Recipe,
  { parts, others }: { readonly parts: StageParts; readonly others: Others },
  services: TrainingServices,
): Promise<boolean> => {
  const { trained, environment, checkpoint, place } = parts;
  const { now, stopping, onProgress, onStep } = services;
  const { simulated, real } = stage.batches;
  const asked = drawTraining(stage.source, stage.name, place.seed);
  if (others.simulating)
    await trainSimulator(stage, recipe, { parts, asked, simulating: others.simulating }, services);
  const simulation = simulationOf(stage, recipe, { trained: trained.policy, others });
  const task = {
    policy: trained.policy,
    protocol: coaProtocol(stage.prompt),
    options: { ...recipe.limits, temperature: stage.temperature },
    questions: asked.map(({ question }) => question),
    reward: rewardsOf(stage).real,
    environmentAt: surroundings(stage, environment, simulation),
    reference: others.start?.model ?? null,
    recipe: { stage, search: recipe.search },
  };
  const config = { ...stage.config, batches: simulated + real, seed: place.seed };
  const { finished } = await trainGrpo(trained.model, task, config, {
    checkpoint: { file: checkpoint, everyBatches: saveEvery },
    now,
    past: pastOf(stage, services.stepsBefore(place)),
    signal: stopping,
    onStep: (report) => {
      onProgress(stage.name, report.step, report.steps);
      onStep(place, reportOf(report));
    },
  });
  return finished;
};

/** Trains by GRPO in place; false where it was stopped. */
export const trainGrpoStage = async (
  stage: GrpoStage,
  recipe: Recipe,
  parts: StageParts,
  services: TrainingServices,
): Promise<boolean> => {
  const others = openOthers(stage, parts);
  try {
    return await learn(stage, recipe, { parts, others }, services);
  } finally {
    await others.start?.close();
    await others.simulating?.close();
  }
};
