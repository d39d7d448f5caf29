import { type CoaBackend, openCompute } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activationBytes, needsCheckpoints } from './activations.ts';
import { llamaConfig, modelSizes } from './config.ts';
import { createModel, disposeModel } from './model.ts';
import { gradientsOf } from './optimizer.ts';
import { packSequences } from './packing.ts';
import { crossEntropy } from './scores.ts';
import { randomSequences } from './small-models.test-data.ts';

await openCompute({ backend: 'wasm', threads: 1 });

test.each([
  { width: 64, layers: 4, heads: 4, kvHeads: 2, ffn: 128 },
  { width: 64, layers: 6, heads: 4, ffn: 128 },
  { width: 64, layers: 4, heads: 4, ffn: 512 },
])('the estimate is within 15 % of what a forward pass keeps: %j', (sizes) => {
  const config = llamaConfig({ vocabulary: 50, ...sizes });
  const model = createModel(config, 1);
  const packed = packSequences(randomSequences([400, 400, 200], 50));
  const weights = new Float32Array(packed.rows.length).fill(1);
  const ours = tf.backend() as CoaBackend;
  const before = ours.memoryUse().used;
  let kept = 0;
  const { gradients } = gradientsOf(model.parameters, [
    () => {
      const loss = crossEntropy(model, packed, weights);
      loss.dataSync();
      kept = ours.memoryUse().used - before;
      return loss;
    },
  ]);
  const ratio = activationBytes(config, packed.batch * packed.length) / kept;
  expect(ratio).toBeGreaterThan(0.85);
  expect(ratio).toBeLessThan(1.15);
  tf.dispose([...gradients.values()]);
  disposeModel(model);
});

test('layers are computed again where keeping them would take more than half of what is left', () => {
  const gibibyte = 2 ** 30;
  const nano = llamaConfig({ ...modelSizes.nano, vocabulary: 1000 });
  const large = llamaConfig({ ...modelSizes['135m'], vocabulary: 1000 });
  const memory = { used: gibibyte, limit: 16 * gibibyte };
  expect(needsCheckpoints(nano, 16_384, memory)).toBe(false);
  expect(needsCheckpoints(large, 16_384, memory)).toBe(true);
  expect(needsCheckpoints(large, 1_024, memory)).toBe(false);
  expect(needsCheckpoints(nano, 16_384, { ...memory, used: 15 * gibibyte })).toBe(true);
  expect(needsCheckpoints(large, 16_384, null)).toBe(false);
});
