import { embedding, linear } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { hiddenStates } from './forward.ts';
import { headOf, type Model } from './model.ts';
import type { PackedBlock } from './packing.ts';

/** Part of the wanted tokens that the model finds likeliest, teacher-forced. */
export const greedyAccuracy = (model: Model, packed: PackedBlock): number =>
  tf.tidy(() => {
    const ints = (values: Int32Array) => tf.tensor1d(values, 'int32');
    const { ids, positions, first, batch, rows, targets } = packed;
    const block = { ids: ints(ids), positions: ints(positions), first: ints(first), batch };
    const logits = linear(embedding(hiddenStates(model, block), ints(rows)), headOf(model));
    const found = logits.argMax(1).dataSync();
    return (targets.filter((target, i) => target === found[i]).length / targets.length) as never;
  }) as unknown as number;
