import { nativeObstacle, openCompute } from '@coa/compute';
import { seededRng } from '@coa/core';
import { expect, test } from 'vitest';
import { llamaConfig } from './config.ts';
import { greedyAccuracy } from './greedy-accuracy.ts';
import { createModel } from './model.ts';
import { createOptimizer, defaultOptimizer } from './optimizer.ts';
import { packSequences } from './packing.ts';
import { crossEntropy } from './scores.ts';
import { copyTask, inductionTask } from './synthetic-tasks.ts';
import { train } from './train.ts';

const vocabulary = 24;

test.each([
  { ...copyTask(vocabulary), steps: 150 },
  { ...inductionTask(vocabulary), steps: 600 },
])(
  'a nano model learns $name in seconds: far below what a broken gradient could reach',
  async ({ example, steps }) => {
    await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 2 });
    const model = createModel(
      llamaConfig({ vocabulary, width: 128, layers: 2, heads: 4, ffn: 256, positions: 32 }),
      1,
    );
    const losses: number[] = [];
    await train(model, createOptimizer(model), {
      steps,
      schedule: { kind: 'cosine', peak: 4e-3, warmup: 50, steps, floor: 0.1 },
      optimizer: defaultOptimizer,
      seed: 2,
      recipe: 'synthetic',
      checkpoint: null,
      onStep: ({ loss }) => losses.push(loss),
      batch: (_step, rng) => {
        const packed = packSequences(Array.from({ length: 48 }, () => example(24, rng)));
        return [
          {
            label: 'examples',
            loss: () => crossEntropy(model, packed, new Float32Array(packed.rows.length).fill(1)),
          },
        ];
      },
    });
    const held = seededRng(99);
    const accuracy = greedyAccuracy(
      model,
      packSequences(Array.from({ length: 100 }, () => example(24, held))),
    );
    // guessing costs ln 24 = 3.2 nats a token
    expect(losses[0]).toBeGreaterThan(2.5);
    expect(losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20).toBeLessThan(0.4);
    expect(accuracy).toBeGreaterThan(0.9);
  },
  60_000,
);
