import { deriveSeed, seededRng } from '@coa/core';
import * as tf from '@tensorflow/tfjs-core';
import { assertConfig, type ModelConfig, qkvWidth } from './config.ts';

/** Name -> shape of each parameter, in a fixed order. Projections that read the same input are one matrix. */
export const parameterShapes = (config: ModelConfig): ReadonlyMap<string, readonly number[]> => {
  const { vocabulary, width, layers, heads, headDim, ffn, tied, qkvBias } = config;
  const shapes = new Map<string, readonly number[]>([['embedding', [vocabulary, width]]]);
  for (let layer = 0; layer < layers; layer++) {
    shapes.set(`layers.${layer}.attentionNorm`, [width]);
    shapes.set(`layers.${layer}.qkv`, [qkvWidth(config), width]);
    if (qkvBias) shapes.set(`layers.${layer}.qkvBias`, [qkvWidth(config)]);
    shapes.set(`layers.${layer}.output`, [width, heads * headDim]);
    shapes.set(`layers.${layer}.mlpNorm`, [width]);
    shapes.set(`layers.${layer}.gateUp`, [2 * ffn, width]);
    shapes.set(`layers.${layer}.down`, [width, ffn]);
  }
  shapes.set('norm', [width]);
  if (!tied) shapes.set('head', [vocabulary, width]);
  return shapes;
};

export type Parameters = ReadonlyMap<string, tf.Variable>;

const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

export const parameterCount = (config: ModelConfig): number =>
  [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);

/** Standard normal values (Box-Muller). */
const normals = (count: number, seed: number): Float32Array => {
  const rng = seededRng(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - rng()));
    const angle = 2 * Math.PI * rng();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
};

/** Initial deviation (GPT-2); projections back into the residual stream start smaller by sqrt(2 layers). */
const deviationOf = (name: string, { layers }: ModelConfig): number =>
  /(output|down)$/.test(name) ? 0.02 / Math.sqrt(2 * layers) : 0.02;

const initialValues = (
  name: string,
  shape: readonly number[],
  config: ModelConfig,
  seed: number,
): Float32Array => {
  const count = sizeOf(shape);
  if (/[nN]orm$/.test(name)) return new Float32Array(count).fill(1);
  if (name.endsWith('Bias')) return new Float32Array(count);
  const deviation = deviationOf(name, config);
  return normals(count, deriveSeed(seed, name)).map((value) => value * deviation);
};

/** A variable that owns its values, in the current backend. */
export const variableOf = (
  values: Float32Array,
  shape: readonly number[],
  trainable = true,
): tf.Variable => {
  const tensor = tf.tensor(values, [...shape], 'float32');
  const variable = tf.variable(tensor, trainable);
  tensor.dispose();
  return variable;
};

/**
 * Parameters from a source of values.
 * @param valuesOf the values of one parameter, row-major; called in order, so that one at a time is in memory twice
 */
export const parametersFrom = (
  config: ModelConfig,
  valuesOf: (name: string, shape: readonly number[]) => Float32Array,
): Parameters => {
  assertConfig(config);
  const parameters = new Map<string, tf.Variable>();
  for (const [name, shape] of parameterShapes(config)) {
    const values = valuesOf(name, shape);
    if (values.length !== sizeOf(shape)) {
      throw new RangeError(
        `${name} has ${values.length} values; its shape [${shape}] needs ${sizeOf(shape)}`,
      );
    }
    parameters.set(name, variableOf(values, shape));
  }
  return parameters;
};

/** Seeded random parameters: the same seed gives the same bytes on every backend. */
export const initialParameters = (config: ModelConfig, seed: number): Parameters =>
  parametersFrom(config, (name, shape) => initialValues(name, shape, config, seed));
