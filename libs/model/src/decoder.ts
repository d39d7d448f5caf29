import {
  type Draw,
  type Drawn,
  embedding,
  type KvPages,
  openKvPages,
  type PackedWeight,
  type PagedRows,
  packedLinear,
  packWeight,
  pagedAttention,
  rmsNorm,
  sampleTokens,
  swiglu,
} from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { effectiveWeight } from './lora.ts';
import { headOf, type Model, parameterOf } from './model.ts';

/** Token rows of one decoding step; plain numbers, made into tensors here. */
export type StepRows = {
  /** [R] each: token, its position, its sequence. */
  readonly ids: readonly number[];
  readonly positions: readonly number[];
  readonly sequences: readonly number[];
  /** Page numbers of each sequence. */
  readonly tables: readonly (readonly number[])[];
  /** Rows whose next token is drawn, and how. */
  readonly drawn: readonly { readonly row: number; readonly draw: Draw }[];
};

/** A model's weights laid out for sampling, and its KV pages. */
export type Decoder = {
  /** Writes the rows to the cache and draws the next tokens, one for each of `drawn`. */
  step(rows: StepRows): Drawn;
  /** Takes the model's weights as they are now. */
  refresh(): void;
  close(): void;
};

type LayerWeights = {
  readonly qkv: PackedWeight;
  readonly output: PackedWeight;
  readonly gateUp: PackedWeight;
  readonly down: PackedWeight;
};

const packed = (model: Model, name: string): PackedWeight => {
  const weight = effectiveWeight(model, name);
  const result = packWeight(weight);
  weight.dispose();
  return result;
};

const packModel = (model: Model) => {
  const layers = Array.from(
    { length: model.config.layers },
    (_, i): LayerWeights => ({
      qkv: packed(model, `layers.${i}.qkv`),
      output: packed(model, `layers.${i}.output`),
      gateUp: packed(model, `layers.${i}.gateUp`),
      down: packed(model, `layers.${i}.down`),
    }),
  );
  const head = packWeight(headOf(model));
  const tensors = [...layers.flatMap((layer) => Object.values(layer)), head].map(
    ({ tensor }) => tensor,
  );
  return { layers, head, dispose: () => tf.dispose(tensors) };
};

const pagedRows = ({ positions, sequences, tables }: StepRows): PagedRows => {
  const width = Math.max(...tables.map((table) => table.length));
  const flat = tables.flatMap((table) => [
    ...table,
    ...new Array<number>(width - table.length).fill(0),
  ]);
  return {
    positions: tf.tensor1d([...positions], 'int32'),
    sequences: tf.tensor1d([...sequences], 'int32'),
    tables: tf.tensor2d(flat, [tables.length, width], 'int32'),
    last: Math.max(...positions),
  };
};

const layerStep = (
  model: Model,
  layer: number,
  weights: LayerWeights,
  x: tf.Tensor2D,
  pages: KvPages,
  rows: PagedRows,
): tf.Tensor2D => {
  const { config, rope } = model;
  const vector = (part: string) =>
    parameterOf(model, `layers.${layer}.${part}`) as unknown as tf.Tensor1D;
  const bias = config.qkvBias ? { bias: vector('qkvBias') } : {};
  const qkv = packedLinear(
    rmsNorm(x, vector('attentionNorm'), config.normEpsilon),
    weights.qkv,
    bias,
  );
  const attended = pagedAttention(qkv, rope, pages, rows, config);
  const middle = packedLinear(attended, weights.output, { residual: x });
  const gateUp = packedLinear(
    rmsNorm(middle, vector('mlpNorm'), config.normEpsilon),
    weights.gateUp,
  );
  return packedLinear(swiglu(gateUp), weights.down, { residual: middle });
};

/** @param pages pages of the KV cache, in every layer */
export const openDecoder = (model: Model, pages: number): Decoder => {
  const { config } = model;
  const cache = Array.from({ length: config.layers }, () => openKvPages(pages, config));
  let weights = packModel(model);
  const step = (rows: StepRows): Drawn => {
    const places = pagedRows(rows);
    let x = embedding(
      parameterOf(model, 'embedding') as unknown as tf.Tensor2D,
      tf.tensor1d([...rows.ids], 'int32'),
    );
    for (const [layer, own] of weights.layers.entries())
      x = layerStep(model, layer, own, x, cache[layer]!, places);
    if (rows.drawn.length === 0) return { ids: new Int32Array(), logprobs: new Float32Array() };
    const last = embedding(
      x,
      tf.tensor1d(
        rows.drawn.map(({ row }) => row),
        'int32',
      ),
    );
    const normed = rmsNorm(
      last,
      parameterOf(model, 'norm') as unknown as tf.Tensor1D,
      config.normEpsilon,
    );
    return sampleTokens(
      packedLinear(normed, weights.head),
      rows.drawn.map(({ draw }) => draw),
    );
  };
  return {
    step: (rows) => tf.tidy(() => step(rows) as never) as unknown as Drawn,
    refresh: () => {
      weights.dispose();
      weights = packModel(model);
    },
    close: () => {
      weights.dispose();
      for (const { keys, values } of cache) tf.dispose([keys, values]);
    },
  };
};

/** Bytes that a page takes in all layers together. */
export const pageBytes = (
  { layers, kvHeads, headDim }: Model['config'],
  pageSize: number,
): number => 2 * 4 * layers * kvHeads * headDim * pageSize;
