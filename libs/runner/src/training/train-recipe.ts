import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { atlasVersion, openAtlas } from '@coa/atlas';
import { type ComputeOptions, openCompute } from '@coa/compute';
import type { Environment, Policy } from '@coa/core';
import { fileSha256 } from '@coa/download';
import { disposeModel, loadModel, modelPolicy, saveModel } from '@coa/model';
import { loadTokenizer } from '@coa/tokenizer';
import type { Places } from '../places.ts';
import type { Recipe, Stage, Teacher } from './recipe.ts';
import { simulatorVersion } from './train-simulator.ts';
import { type StageReport, trainStage } from './train-stage.ts';

export type TrainingServices = {
  readonly places: Places;
  readonly compute: ComputeOptions;
  /** The real environment for a policy: the search tool within the recipe's limits. */
  readonly environmentFor: (policy: Policy, recipe: Recipe) => Promise<Environment>;
  /** Opens the policy that writes a stage's data. */
  readonly openTeacher: (teacher: Teacher) => Promise<Policy>;
  readonly stopping: AbortSignal;
  readonly now: () => number;
  readonly say: (line: string) => void;
  readonly onProgress: (label: string, done: number, total: number) => void;
  /** Called for every stage in turn, those found trained included; the recipe ends with it. */
  readonly onStage: (at: StagePlace, recipe: Recipe) => void;
  /** The steps of a stage that were told before it was broken off. */
  readonly stepsBefore: (at: StagePlace) => readonly Pick<StageReport, 'step' | 'numbers'>[];
  /** Called once for every step of every stage that is trained, not for stages found trained. */
  readonly onStep: (at: StagePlace, report: StageReport) => void;
};

/** Which stage of which training a step belongs to. `key` tells trainings with the same past apart from all others. */
export type StagePlace = { readonly key: string; readonly stage: string; readonly seed: number };

/** A trained model in its folder, and the keys of the stages that made it: the last changes with everything that decided its weights. */
export type TrainedModel = { readonly folder: string; readonly keys: readonly string[] };

/** Raised whenever the same recipe may give other weights. */
const trainingVersion = 3;

const sha256 = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Keys of a recipe's stages: each depends on the base, the seed and every stage before it. */
export const stageKeys = (
  { limits, search, stages }: Recipe,
  past: { readonly base: string; readonly seed: number; readonly backend: string },
): string[] => {
  const keys: string[] = [];
  let before = sha256([trainingVersion, atlasVersion, limits, search, past]);
  for (const stage of stages) {
    const separate = stage.kind === 'grpo' && stage.simulator.kind === 'separate';
    before = sha256([before, stage, ...(separate ? [simulatorVersion] : [])]);
    keys.push(before.slice(0, 16));
  }
  return keys;
};

const finishedFile = 'stage.json';

/** A model folder as a policy whose weights may be trained. */
const openFolder = (folder: string, fingerprint: string, { limits }: Recipe) => {
  const json = readFileSync(join(folder, 'tokenizer.json'), 'utf8');
  const model = loadModel(folder);
  const policy = modelPolicy({
    model,
    tokenizer: loadTokenizer(json),
    name: basename(folder),
    fingerprint,
    contextTokens: limits.contextTokens,
    cacheBytes: 2 ** 28,
  });
  const close = async (): Promise<void> => {
    await policy.close();
    disposeModel(model);
  };
  return { json, model, policy, close };
};

export type OpenFolder = ReturnType<typeof openFolder>;

const finish = (folder: string, facts: unknown): void => {
  const file = join(folder, finishedFile);
  writeFileSync(`${file}.part`, `${JSON.stringify(facts, null, 2)}\n`);
  renameSync(`${file}.part`, file);
};

const runStage = async (
  stage: Stage,
  recipe: Recipe,
  at: { readonly from: string; readonly folder: string; readonly place: StagePlace },
  services: TrainingServices,
): Promise<boolean> => {
  const { from, folder, place } = at;
  mkdirSync(folder, { recursive: true });
  const folders = { start: from, base: join(services.places.root, recipe.base) };
  const open = (which: keyof typeof folders) => openFolder(folders[which], place.key, recipe);
  const [trained, base] = [open('start'), open('base')];
  try {
    const checkpoint = join(folder, 'checkpoint.safetensors');
    const environment = await services.environmentFor(base.policy, recipe);
    const parts = { trained, open, base: base.policy, environment, checkpoint, place };
    if (!(await trainStage(stage, recipe, parts, services))) return false;
    saveModel(trained.model, folder, { dtype: 'F32', tokenizer: trained });
    finish(folder, { stage, seed: place.seed, from });
    rmSync(checkpoint, { force: true });
    return true;
  } catch (cause) {
    // data that were being made when the run was stopped are made anew by the next call
    if (services.stopping.aborted) return false;
    throw cause;
  } finally {
    await trained.close();
    await base.close();
  }
};

/**
 * Trains what of a recipe is not trained yet and returns the last model; stages that recipes share are trained once.
 * null where it was stopped: the same call goes on from the checkpoint.
 */
export const trainRecipe = async (
  recipe: Recipe,
  seed: number,
  services: TrainingServices,
): Promise<TrainedModel | null> => {
  const { places, compute, say } = services;
  const opened = await openCompute(compute);
  openAtlas();
  let from = join(places.root, recipe.base);
  const base = await fileSha256(join(from, 'model.safetensors'));
  const keys = stageKeys(recipe, { base, seed, backend: opened.fingerprint });
  for (const [i, stage] of recipe.stages.entries()) {
    const key = keys[i]!;
    const place = { key, stage: stage.name, seed };
    services.onStage(place, { ...recipe, stages: recipe.stages.slice(0, i + 1) });
    const folder = join(places.home, 'training', 'stages', key);
    if (!existsSync(join(folder, finishedFile))) {
      say(`training ${stage.name} (seed ${seed}) in ${folder}`);
      const finished = await runStage(stage, recipe, { from, folder, place }, services);
      if (!finished) return null;
    }
    from = folder;
  }
  return { folder: from, keys };
};
