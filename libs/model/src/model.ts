import { type RopeTables, ropeTables } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import type { Lora } from './lora.ts';
import { initialParameters, type Parameters } from './parameters.ts';

/** A network in the current backend's memory. */
export type Model = {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly rope: RopeTables;
  /** Low-rank adapters beside the parameters; null = none. */
  readonly lora: Lora | null;
};

export const modelOf = (
  config: ModelConfig,
  parameters: Parameters,
  lora: Lora | null = null,
): Model => {
  const rope = tf.tidy(() => {
    const { cosines, sines } = ropeTables(config.positions, config.headDim, config.ropeTheta);
    return { cosines: tf.keep(cosines), sines: tf.keep(sines) };
  });
  return { config, parameters, rope, lora };
};

/** A model with seeded random weights. */
export const createModel = (config: ModelConfig, seed: number): Model =>
  modelOf(config, initialParameters(config, seed));

/** Frees the model's memory. */
export const disposeModel = ({ parameters, rope, lora }: Model): void => {
  for (const variable of parameters.values()) variable.dispose();
  for (const { a, b, mask } of lora?.adapters.values() ?? []) tf.dispose([a, b, mask]);
  tf.dispose([rope.cosines, rope.sines]);
};

/** What training changes: the adapters where there are any, else every parameter. */
export const trainableParameters = ({ parameters, lora }: Model): Parameters => {
  if (!lora) return parameters;
  const adapters = [...lora.adapters].flatMap(([name, { a, b }]): [string, tf.Variable][] => [
    [`${name}.loraA`, a],
    [`${name}.loraB`, b],
  ]);
  return new Map(adapters);
};

export const parameterOf = (
  { parameters }: Pick<Model, 'parameters'>,
  name: string,
): tf.Variable => {
  const variable = parameters.get(name);
  if (!variable) throw new Error(`the model has no parameter ${name}`);
  return variable;
};

/** The matrix that turns hidden states into logits: [vocabulary, width]. */
export const headOf = (model: Model): tf.Tensor2D =>
  parameterOf(model, model.config.tied ? 'embedding' : 'head') as unknown as tf.Tensor2D;
