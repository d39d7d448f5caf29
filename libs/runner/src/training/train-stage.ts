import type { Environment, Policy } from '@coa/core';
import type { RatedRollout } from '@coa/grpo';
import { type ContrastiveReport, type SftReport, trainContrastive, trainSft } from '@coa/sft';
import { toolEnvironment } from '@coa/tools';
import { type DataNumbers, type DataSetting, makeExamples } from './examples.ts';
import { makePairs } from './pairs.ts';
import type { Recipe, Stage } from './recipe.ts';
import { withTeacher } from './teachers.ts';
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

/** The first step also says how the data came about. */
const reportOf = (report: SftReport | ContrastiveReport, data: DataNumbers): StageReport => {
  const { step, steps, tokensPerSecond, ...numbers } = report;
  const told = step === 1 ? { ...numbers, ...data } : numbers;
  return { step, steps, numbers: told, timing: { tokensPerSecond }, rollouts: [] };
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
  const setting: Omit<DataSetting, 'teacher'> = {
    policy: base,
    environment,
    withoutTools: toolEnvironment([], { callLimit: 0, timeoutMs: 1_000 }),
    limits: recipe.limits,
    seed: place.seed,
    signal: stopping,
    say,
    onProgress,
  };
  const trainingOn = (data: DataNumbers) => ({
    checkpoint: { file: checkpoint, every: saveEvery },
    now,
    signal: stopping,
    onStep: (report: SftReport | ContrastiveReport): void => {
      onProgress(stage.name, report.step, report.steps);
      onStep(place, reportOf(report, data));
    },
  });
  const { seed } = place;
  switch (stage.kind) {
    case 'contrastive': {
      const { pairs, numbers } = await withTeacher(stage.teacher, services, (teacher) =>
        makePairs(stage, { ...setting, teacher }),
      );
      const config = { ...stage.config, seed };
      return (await trainContrastive(model, pairs, config, trainingOn(numbers))).finished;
    }
    case 'sft': {
      const { examples, numbers } = await withTeacher(stage.teacher, services, (teacher) =>
        makeExamples(stage, { ...setting, teacher }),
      );
      const config = { ...stage.config, seed };
      return (await trainSft(model, examples, config, trainingOn(numbers))).finished;
    }
    case 'grpo':
      return await trainGrpoStage(stage, recipe, parts, services);
  }
};
