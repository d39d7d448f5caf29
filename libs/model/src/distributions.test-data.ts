import { linear } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { hiddenStates } from './forward.ts';
import { headOf, type Model } from './model.ts';
import { packSequences } from './packing.ts';

/** Log-probabilities of every token after each token of a text. */
export type Distributions = readonly Float32Array[];

const logSoftmax = (logits: Float32Array): Float32Array => {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return logits.map((logit) => logit - most - Math.log(sum));
};

/** As our network computes them. */
export const ourDistributions = (model: Model, text: Int32Array): Distributions => {
  const { ids, positions, first, batch } = packSequences([
    { ids: text, wanted: new Uint8Array(text.length) },
  ]);
  return tf.tidy(() => {
    const ints = (values: Int32Array) => tf.tensor1d(values, 'int32');
    const block = { ids: ints(ids), positions: ints(positions), first: ints(first), batch };
    const all = linear(hiddenStates(model, block), headOf(model)).dataSync() as Float32Array;
    const size = model.config.vocabulary;
    const rowOf = (i: number): Float32Array => all.subarray(i * size, (i + 1) * size);
    return Array.from(text, (_, i) => logSoftmax(rowOf(i))) as never;
  }) as unknown as Distributions;
};
