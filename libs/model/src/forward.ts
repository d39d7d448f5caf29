import { causalAttention, embedding, type Places, rmsNorm, swiglu } from '@coa/compute';
import type * as tf from '@tensorflow/tfjs-core';
import { adaptedLinear } from './lora.ts';
import { type Model, parameterOf } from './model.ts';
import { recomputed } from './recompute.ts';

/** Token ids of a [batch, T] block with their places. */
export type Block = Places & { readonly ids: tf.Tensor1D };

export type ForwardOptions = {
  /** Layers keep only their input and are computed again in the backward pass: less memory, a third more time. */
  readonly checkpointActivations?: boolean;
};

const vector = (model: Model, name: string): tf.Tensor1D =>
  parameterOf(model, name) as unknown as tf.Tensor1D;

const layerForward = (model: Model, layer: number, x: tf.Tensor2D, places: Places): tf.Tensor2D => {
  const { config, rope } = model;
  const name = (part: string): string => `layers.${layer}.${part}`;
  const bias = config.qkvBias ? { bias: vector(model, name('qkvBias')) } : {};
  const normed = rmsNorm(x, vector(model, name('attentionNorm')), config.normEpsilon);
  const attended = causalAttention(
    adaptedLinear(model, name('qkv'), normed, bias),
    rope,
    places,
    config,
  );
  const middle = adaptedLinear(model, name('output'), attended, { residual: x });
  const gateUp = adaptedLinear(
    model,
    name('gateUp'),
    rmsNorm(middle, vector(model, name('mlpNorm')), config.normEpsilon),
  );
  return adaptedLinear(model, name('down'), swiglu(gateUp), { residual: middle });
};

/** The variables of a layer, adapters included, and the model that reads them from a list in that order. */
const layerInputs = (model: Model, layer: number) => {
  const prefix = `layers.${layer}.`;
  const own = [...model.parameters].filter(([name]) => name.startsWith(prefix));
  const adapters = [...(model.lora?.adapters ?? [])].filter(([name]) => name.startsWith(prefix));
  const tensors = [
    ...own.map(([, variable]) => variable),
    ...adapters.flatMap(([, { a, b }]) => [a, b]),
  ];
  const rebuilt = (given: tf.Tensor[]): Model => {
    const parameters = new Map(own.map(([name], i) => [name, given[i] as tf.Variable]));
    const lora = model.lora && {
      ...model.lora,
      adapters: new Map(
        adapters.map(([name, { mask }], i) => {
          const [a, b] = given.slice(own.length + 2 * i) as [tf.Variable, tf.Variable];
          return [name, { a, b, mask }];
        }),
      ),
    };
    return { ...model, parameters, lora };
  };
  return { tensors, rebuilt };
};

const recomputedLayer = (
  model: Model,
  layer: number,
  x: tf.Tensor2D,
  places: Places,
): tf.Tensor2D => {
  const { tensors, rebuilt } = layerInputs(model, layer);
  const run = (given: tf.Tensor, ...others: tf.Tensor[]) => {
    const [positions, first] = others.slice(tensors.length) as [tf.Tensor1D, tf.Tensor1D];
    const there = { batch: places.batch, positions, first };
    return layerForward(
      rebuilt(others.slice(0, tensors.length)),
      layer,
      given as tf.Tensor2D,
      there,
    );
  };
  return recomputed(run, [x, ...tensors], [places.positions, places.first]) as tf.Tensor2D;
};

/**
 * The decoder up to its last norm; differentiable.
 * @returns [batch * T, width]
 */
export const hiddenStates = (
  model: Model,
  block: Block,
  { checkpointActivations = false }: ForwardOptions = {},
): tf.Tensor2D => {
  const { config } = model;
  let x = embedding(parameterOf(model, 'embedding') as unknown as tf.Tensor2D, block.ids);
  for (let layer = 0; layer < config.layers; layer++) {
    x = checkpointActivations
      ? recomputedLayer(model, layer, x, block)
      : layerForward(model, layer, x, block);
  }
  return rmsNorm(x, vector(model, 'norm'), config.normEpsilon);
};
