import type { Environment, Policy } from '@coa/core';
import type { RatedRollout } from '@coa/grpo';
import { type ContrastiveReport, type SftReport, trainContrastive, trainSft } from '@coa/sft';
import { toolEnvironment } from '@coa/tools';
import { type DataSetting, makeExamples } from './examples.ts';
import { makePairs } from './pairs.ts';
import type { Recipe, Stage } from './recipe.ts';
import { trainGrpoStage } from './train-grpo-stage.ts';
import type { OpenFolder, StagePlace, TrainingServices } from './train-recipe.ts';

/** What a stage says of a step: numbers by name. */
export type StageReport = {
  readonly step: number;
  readonly steps: number;
  /** What the same training gives again. */
  readonly numbers: Readonly<Record<string, number | null>>;
  /** Speeds, for people. */
  readonly timing: Readonly<Record<string, number>>;
  /** What reinforcement learning sampled in this step; none where it learnt from given data, or from those of the step before. */
  readonly rollouts: readonly RatedRollout[];
};

export type StageParts = {
  /** The model that the stage changes. */
  readonly trained: OpenFolder;
  /** The base model: examples of memory are its own, whatever was trained since. */
  readonly base: Policy;
  /** The trained model as the stage found it, and the base model, opened once more: whoever opens one closes it. */
  readonly open: (which: 'start' | 'base') => OpenFolder;
  readonly environment: Environment;
  readonly checkpoint: string;
  readonly place: StagePlace;
};

/** Steps between two checkpoints. */
const saveEvery = 50;

const reportOf = (report: SftReport | ContrastiveReport): StageReport => {
  const { step, steps, tokensPerSecond, ...numbers } = report;
  return { step, steps, numbers, timing: { tokensPerSecond }, rollouts: [] };
};

/** Trains one stage in place; false where it was stopped. */
export const trainStage = async (
  stage: Stage,
  recipe: Recipe,
  parts: StageParts,
  services: TrainingServices,
): Promise<boolean> => {
  const { trained, base, environment, checkpoint, place } = parts;
  const { model } = trained;
  const { now, stopping, say, onProgress, onStep } = services;
  const setting: DataSetting = {
    policy: base,
    environment,
    withoutTools: toolEnvironment([], { callLimit: 0, timeoutMs: 1_000 }),
    limits: recipe.limits,
    seed: place.seed,
    signal: stopping,
    say,
    onProgress,
  };
  const training = {
    checkpoint: { file: checkpoint, every: saveEvery },
    now,
    signal: stopping,
    onStep: (report: SftReport | ContrastiveReport): void => {
      onProgress(stage.name, report.step, report.steps);
      onStep(place, reportOf(report));
    },
  };
  const { seed } = place;
  switch (stage.kind) {
    case 'contrastive': {
      const pairs = await makePairs(stage, setting);
      return (await trainContrastive(model, pairs, { ...stage.config, seed }, training)).finished;
    }
    case 'sft': {
      const examples = await makeExamples(stage, setting);
      return (await trainSft(model, examples, { ...stage.config, seed }, training)).finished;
    }
    case 'grpo':
      return await trainGrpoStage(stage, recipe, parts, services);
  }
};
