import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type BackendName, type CoaBackend, nativeObstacle, openCompute } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { createModel, disposeModel } from './model.ts';
import { createOptimizer, defaultOptimizer, disposeOptimizer } from './optimizer.ts';
import { packSequences } from './packing.ts';
import { crossEntropy } from './scores.ts';
import { randomSequences, tinyConfig } from './small-models.test-data.ts';
import { train } from './train.ts';

const backends: BackendName[] = nativeObstacle() === null ? ['native', 'wasm'] : ['wasm'];

/** Bytes of JavaScript's heap that are in use after a collection. */
const heapBytes = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
};

test.each(backends)(
  '%s: memory is flat over 1,000 steps of changing shapes, with and without checkpointed activations',
  async (backend) => {
    await openCompute({ backend, threads: 1 });
    const ours = tf.backend() as CoaBackend;
    const model = createModel(tinyConfig(), 1);
    const optimizer = createOptimizer(model);
    const blocks = [[9, 7], [5], [12, 3, 8]].map((lengths) =>
      packSequences(randomSequences(lengths, 29)),
    );
    const kernelBytes: object[] = [];
    const heaps: number[] = [];
    await train(model, optimizer, {
      steps: 1000,
      schedule: { kind: 'constant', peak: 1e-3, warmup: 1, steps: 1, floor: 1 },
      optimizer: defaultOptimizer,
      seed: 1,
      recipe: 'memory',
      checkpoint: null,
      batch: (step) => {
        const packed = blocks[step % 3]!;
        const weights = new Float32Array(packed.rows.length).fill(1);
        const options = { checkpointActivations: step % 2 === 0 };
        return [{ label: 'random', loss: () => crossEntropy(model, packed, weights, options) }];
      },
      onStep: ({ step }) => {
        if (step % 100 !== 0) return;
        kernelBytes.push(ours.memoryUse());
        heaps.push(heapBytes());
      },
    });
    // held, most ever, taken from the system, tensors: all as after the first hundred steps
    expect(kernelBytes).toEqual(new Array(10).fill(kernelBytes[0]));
    // 5 KB a step would be found; what there is comes from compiling
    expect(heaps.at(-1)! - heaps[1]!).toBeLessThan(4 * 2 ** 20);
    disposeOptimizer(optimizer);
    disposeModel(model);
  },
  300_000,
);
