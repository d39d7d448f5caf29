import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { currentFingerprint } from '@coa/compute';
import { openSafetensors, type WeightFile, writeSafetensors } from '@coa/weights';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Model } from './model.ts';
import type { Optimizer } from './optimizer.ts';
import type { Parameters } from './parameters.ts';

/** Where a run stands: the step fixes the data position and, with the seed, the generator of the next step. */
export type TrainingPlace = {
  readonly seed: number;
  readonly recipe: string;
  readonly step: number;
};

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** sha256 over what is trained on what. */
export const recipeHash = ({ config, lora }: Model, recipe: unknown): string =>
  createHash('sha256')
    .update(canonical({ config, lora: lora?.options ?? null, recipe }))
    .digest('hex');

/** Every tensor of a run by its name in the file. */
const runTensors = (model: Model, { parameters, m, v }: Optimizer): Map<string, tf.Variable> => {
  const named = (prefix: string, from: Parameters) =>
    [...from].map(([name, variable]) => [`${prefix}.${name}`, variable] as const);
  return new Map([
    ...named('model', model.parameters),
    ...(model.lora ? named('model', parameters) : []),
    ...named('m', m),
    ...named('v', v),
  ]);
};

const metadataShape = z.object({
  format: z.literal('coa-checkpoint-1'),
  step: z.coerce.number().int().nonnegative(),
  updates: z.coerce.number().int().nonnegative(),
  seed: z.coerce.number().int().nonnegative(),
  recipe: z.string().length(64),
  /** What computed it; files of earlier versions do not say. */
  arithmetic: z.string().optional(),
});

/** Writes weights, moments and place to one safetensors file, whole or not at all. */
export const writeCheckpoint = (
  file: string,
  model: Model,
  optimizer: Optimizer,
  place: TrainingPlace,
): void => {
  const tensors = runTensors(model, optimizer);
  const { step, seed, recipe } = place;
  const metadata = {
    format: 'coa-checkpoint-1',
    step: String(step),
    updates: String(optimizer.updates),
    seed: String(seed),
    recipe,
    arithmetic: currentFingerprint(),
  };
  const named = [...tensors].map(([name, { shape }]) => ({ name, shape }));
  const valuesOf = (name: string) => tensors.get(name)!.dataSync() as Float32Array;
  writeSafetensors(file, named, valuesOf, { dtype: 'F32', metadata });
};

const assertTensors = (
  file: string,
  opened: WeightFile,
  wanted: ReadonlyMap<string, tf.Variable>,
): void => {
  for (const [name, { shape }] of wanted) {
    const found = opened.tensors.get(name);
    if (!found)
      throw new Error(`${file} has no tensor ${name}; it is not a checkpoint of this model`);
    if (!tf.util.arraysEqual([...found.shape], shape)) {
      throw new Error(`${file}: ${name} is [${found.shape}], the model's is [${shape}]`);
    }
  }
};

const readPlace = (
  file: string,
  { metadata }: WeightFile,
  expected: Omit<TrainingPlace, 'step'>,
) => {
  const parsed = metadataShape.safeParse(metadata);
  if (!parsed.success)
    throw new Error(
      `${file} is no checkpoint of ours (${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message})`,
    );
  const { recipe, seed, arithmetic = currentFingerprint() } = parsed.data;
  if (recipe !== expected.recipe || seed !== expected.seed) {
    const what = seed !== expected.seed ? `seed ${seed}, not ${expected.seed}` : 'another recipe';
    throw new Error(
      `${file} was trained with ${what}; delete it to begin anew, or give the run another folder`,
    );
  }
  if (arithmetic !== currentFingerprint())
    throw new Error(
      `${file} was computed by ${arithmetic}, not by ${currentFingerprint()}: the run would not be the same; choose that backend, or delete the file to begin anew`,
    );
  return parsed.data;
};

/** Loads a checkpoint into the model and its optimiser; returns its step, 0 where the file does not exist. */
export const readCheckpoint = (
  file: string,
  model: Model,
  optimizer: Optimizer,
  expected: Omit<TrainingPlace, 'step'>,
): number => {
  if (!existsSync(file)) return 0;
  const opened = openSafetensors(file);
  try {
    const { step, updates } = readPlace(file, opened, expected);
    const tensors = runTensors(model, optimizer);
    assertTensors(file, opened, tensors);
    for (const [name, variable] of tensors) {
      tf.tidy(() => variable.assign(tf.tensor(opened.read(name), variable.shape, 'float32')));
    }
    optimizer.updates = updates;
    return step;
  } finally {
    opened.close();
  }
};
