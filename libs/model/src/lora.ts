import { linear } from '@coa/compute';
import { deriveSeed, seededRng } from '@coa/core';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import { type Model, parameterOf } from './model.ts';
import { variableOf } from './parameters.ts';

/** Projections that an adapter may sit beside. */
export type LoraTarget = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

export type LoraOptions = {
  readonly rank: number;
  /** The update is scaled by alpha / rank. */
  readonly alpha: number;
  readonly targets: readonly LoraTarget[];
};

/**
 * The adapters of one fused matrix with t targets inside: a [t rank, inputs], b [outputs, t rank]; `mask` keeps each
 * target's rows of b to that target's own columns.
 */
export type Adapter = {
  readonly a: tf.Variable;
  readonly b: tf.Variable;
  readonly mask: tf.Tensor2D;
};

export type Lora = {
  readonly options: LoraOptions;
  readonly adapters: ReadonlyMap<string, Adapter>;
};

type Part = { readonly target: LoraTarget; readonly rows: number };

/** The projections inside a fused matrix, top to bottom. */
const partsOf = (matrix: string, { width, heads, kvHeads, headDim, ffn }: ModelConfig): Part[] => {
  switch (matrix) {
    case 'qkv':
      return [
        { target: 'q', rows: heads * headDim },
        { target: 'k', rows: kvHeads * headDim },
        { target: 'v', rows: kvHeads * headDim },
      ];
    case 'output':
      return [{ target: 'o', rows: width }];
    case 'gateUp':
      return [
        { target: 'gate', rows: ffn },
        { target: 'up', rows: ffn },
      ];
    default:
      return [{ target: 'down', rows: width }];
  }
};

const maskOf = (parts: readonly Part[], { targets, rank }: LoraOptions): tf.Tensor2D => {
  const chosen = parts.filter(({ target }) => targets.includes(target));
  const columns = chosen.length * rank;
  const rows = parts.flatMap((part) => {
    const at = chosen.indexOf(part);
    const row = Array.from({ length: columns }, (_, j) => Number(Math.floor(j / rank) === at));
    return Array.from({ length: part.rows }, () => row);
  });
  return tf.tensor2d(rows, [rows.length, columns], 'float32');
};

const assertOptions = ({ rank, alpha, targets }: LoraOptions): void => {
  if (!Number.isInteger(rank) || rank < 1)
    throw new RangeError(`LoRA rank is ${rank}; it must be a whole number of at least 1`);
  if (!(alpha > 0)) throw new RangeError(`LoRA alpha is ${alpha}; it must be positive`);
  if (targets.length === 0)
    throw new RangeError('LoRA has no targets; name some of q, k, v, o, gate, up, down');
};

/** a starts uniform in ±1/sqrt(inputs) (Hu et al. 2021, as PEFT does), b at zero: the model is unchanged at first. */
const newAdapter = (
  name: string,
  inputs: number,
  parts: readonly Part[],
  options: LoraOptions,
  seed: number,
): Adapter => {
  const count =
    parts.filter(({ target }) => options.targets.includes(target)).length * options.rank;
  const rng = seededRng(deriveSeed(seed, 'lora', name));
  const bound = 1 / Math.sqrt(inputs);
  const a = Float32Array.from({ length: count * inputs }, () => (2 * rng() - 1) * bound);
  const outputs = parts.reduce((sum, { rows }) => sum + rows, 0);
  return {
    a: variableOf(a, [count, inputs]),
    b: variableOf(new Float32Array(outputs * count), [outputs, count]),
    mask: tf.keep(maskOf(parts, options)),
  };
};

/** The model with fresh adapters; its own parameters are shared and no longer trained. */
export const withLora = (model: Model, options: LoraOptions, seed: number): Model => {
  assertOptions(options);
  const adapters = new Map<string, Adapter>();
  for (let layer = 0; layer < model.config.layers; layer++) {
    for (const matrix of ['qkv', 'output', 'gateUp', 'down']) {
      const name = `layers.${layer}.${matrix}`;
      const parts = partsOf(matrix, model.config);
      if (!parts.some(({ target }) => options.targets.includes(target))) continue;
      const inputs = parameterOf(model, name).shape[1]!;
      adapters.set(name, newAdapter(name, inputs, parts, options, seed));
    }
  }
  return { ...model, lora: { options, adapters } };
};

/** What an adapter adds to its matrix: (alpha / rank) (b * mask) a. */
const updateOf = ({ a, b, mask }: Adapter, { alpha, rank }: LoraOptions): tf.Tensor2D =>
  tf.matMul(b.mul(mask) as tf.Tensor2D, a as unknown as tf.Tensor2D).mul(alpha / rank);

/** The matrix as it acts, adapters included; the caller disposes of it. */
export const effectiveWeight = (model: Model, name: string): tf.Tensor2D => {
  const weight = parameterOf(model, name);
  const adapter = model.lora?.adapters.get(name);
  return tf.tidy(
    () =>
      (adapter
        ? weight.add(updateOf(adapter, model.lora!.options))
        : weight.clone()) as tf.Tensor2D,
  );
};

/** y of `linear` through parameter `name`, with its adapter. */
export const adaptedLinear = (
  model: Model,
  name: string,
  x: tf.Tensor2D,
  addends: { readonly bias?: tf.Tensor1D; readonly residual?: tf.Tensor2D } = {},
): tf.Tensor2D => {
  const y = linear(x, parameterOf(model, name) as unknown as tf.Tensor2D, addends);
  const adapter = model.lora?.adapters.get(name);
  if (!adapter) return y;
  const { alpha, rank } = model.lora!.options;
  const low = linear(x, adapter.a as unknown as tf.Tensor2D).mul(alpha / rank) as tf.Tensor2D;
  return linear(low, adapter.b.mul(adapter.mask) as tf.Tensor2D, { residual: y });
};

/**
 * Adds the adapters to the matrices, in place. Returns what takes them out again, bit for bit, from copies that it keeps.
 * The merged model is the given one without its adapters.
 */
export const mergeLora = (
  model: Model,
): { readonly merged: Model; readonly unmerge: () => Model } => {
  const kept = new Map<string, tf.Tensor>();
  for (const name of model.lora?.adapters.keys() ?? []) {
    const weight = parameterOf(model, name);
    kept.set(name, tf.keep(tf.tidy(() => weight.mul(1))));
    const effective = effectiveWeight(model, name);
    weight.assign(effective);
    effective.dispose();
  }
  const unmerge = (): Model => {
    for (const [name, values] of kept) {
      parameterOf(model, name).assign(values);
      values.dispose();
    }
    kept.clear();
    return model;
  };
  return { merged: { ...model, lora: null }, unmerge };
};
