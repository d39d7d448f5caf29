import { nativeObstacle, openCompute } from '@coa/compute';
import { seededRng } from '@coa/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { llamaConfig, type ModelConfig } from './config.ts';
import { greedyAccuracy } from './greedy-accuracy.ts';
import { createModel, disposeModel } from './model.ts';
import { createOptimizer, defaultOptimizer, disposeOptimizer } from './optimizer.ts';
import { packSequences } from './packing.ts';
import { crossEntropy } from './scores.ts';
import { copyTask, inductionTask, type SyntheticTask } from './synthetic-tasks.ts';
import { train } from './train.ts';

beforeAll(async () => {
  await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 2 });
});

type Lesson = {
  readonly task: SyntheticTask;
  readonly sizes: Pick<ModelConfig, 'width' | 'heads' | 'ffn'>;
  readonly length: number;
  readonly batch: number;
  readonly steps: number;
};

/** Trains two layers on a task: the first loss, the mean of the last twenty, accuracy on examples never drawn. */
const learn = async ({ task, sizes, length, batch, steps }: Lesson) => {
  const { vocabulary, example } = task;
  const model = createModel(llamaConfig({ vocabulary, ...sizes, layers: 2, positions: length }), 1);
  const optimizer = createOptimizer(model);
  const losses: number[] = [];
  await train(model, optimizer, {
    steps,
    schedule: { kind: 'cosine', peak: 4e-3, warmup: 50, steps, floor: 0.1 },
    optimizer: defaultOptimizer,
    seed: 2,
    recipe: 'synthetic',
    checkpoint: null,
    onStep: ({ loss }) => losses.push(loss),
    batch: (_step, rng) => {
      const packed = packSequences(Array.from({ length: batch }, () => example(length, rng)));
      const weights = new Float32Array(packed.rows.length).fill(1);
      return [{ label: 'examples', loss: () => crossEntropy(model, packed, weights) }];
    },
  });
  const held = seededRng(99);
  const examples = Array.from({ length: 100 }, () => example(length, held));
  const accuracy = greedyAccuracy(model, packSequences(examples));
  disposeOptimizer(optimizer);
  disposeModel(model);
  const last = losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20;
  return { first: losses[0]!, last, accuracy };
};

/** Nats a token: far above what a working network ends at, far below what it reaches with a gradient broken. */
const bound = 0.4;

test.each([
  { task: copyTask(24), steps: 150 },
  { task: inductionTask(24), steps: 600 },
])(
  'a nano model learns $task.name in seconds',
  async (lesson) => {
    const sizes = { width: 128, heads: 4, ffn: 256 };
    const { first, last, accuracy } = await learn({ ...lesson, sizes, length: 24, batch: 48 });
    // guessing costs ln 24 = 3.2 nats a token
    expect(first).toBeGreaterThan(2.5);
    expect(last).toBeLessThan(bound);
    expect(accuracy).toBeGreaterThan(0.9);
  },
  60_000,
);

/** Changes what a kernel's backward pass gives one of its inputs; returns what mends it. */
const breakGradient = (
  kernel: string,
  input: string,
  change: (slope: tf.Tensor) => tf.Tensor,
): (() => void) => {
  const intact = tf.getGradient(kernel)!;
  tf.unregisterGradient(kernel);
  tf.registerGradient({
    ...intact,
    gradFunc: (dy, saved, attributes) => {
      const slopes = intact.gradFunc(dy, saved, attributes) as Record<string, () => tf.Tensor>;
      return { ...slopes, [input]: () => change(slopes[input]!()) };
    },
  });
  return () => {
    tf.unregisterGradient(kernel);
    tf.registerGradient(intact);
  };
};

const width = 64;
/** Multiplies the slopes of the keys (part 1 of query, key, value) or the values (2). */
const scaled = (part: number, factor: number) => (slope: tf.Tensor) =>
  slope.mul(
    tf.tensor1d([0, 1, 2].flatMap((i) => new Array<number>(width).fill(i === part ? factor : 1))),
  );

describe('the bound is one that a broken gradient does not meet', () => {
  // one thread: a busy machine then costs its share and no more
  beforeAll(async () => {
    await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 1 });
  });
  const lesson = {
    task: copyTask(16),
    sizes: { width, heads: 2, ffn: 128 },
    length: 16,
    batch: 32,
    steps: 150,
  };

  test('the same small lesson with nothing broken', async () => {
    const { last, accuracy } = await learn(lesson);
    expect(last).toBeLessThan(bound / 4);
    expect(accuracy).toBeGreaterThan(0.99);
  }, 300_000);

  test.each<[string, string, string, (slope: tf.Tensor) => tf.Tensor]>([
    ['keys get none', 'CoaAttention', 'qkv', scaled(1, 0)],
    ['keys get the opposite', 'CoaAttention', 'qkv', scaled(1, -1)],
    ['values get the opposite', 'CoaAttention', 'qkv', scaled(2, -1)],
    ['nothing passes a projection', 'CoaLinear', 'x', (slope) => slope.mul(0)],
    ['nothing passes a norm', 'CoaRmsNorm', 'x', (slope) => slope.mul(0)],
    ['the embedding gets none', 'CoaEmbedding', 'table', (slope) => slope.mul(0)],
  ])(
    '%s',
    async (_, kernel, input, change) => {
      const mend = breakGradient(kernel, input, change);
      try {
        const { last, accuracy } = await learn(lesson);
        expect(last).toBeGreaterThan(2 * bound);
        expect(accuracy).toBeLessThan(0.9);
      } finally {
        mend();
      }
    },
    300_000,
  );
});
