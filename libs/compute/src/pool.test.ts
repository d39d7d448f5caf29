import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCompute } from './open-compute.ts';
import { addInPlace } from './ops/adamw.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { ourBackends } from './our-backends.test-data.ts';

/** As many as there are cores: some thread is always without one. */
let burners: ChildProcess[] = [];
beforeAll(() => {
  burners = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);']),
  );
});
afterAll(() => {
  for (const burner of burners) burner.kill('SIGKILL');
});

/** Two full tasks and a small one for `add`: 16,384 values each. */
const size = 40_000;

describe.each(ourBackends)('%s beside processes that keep every core busy', (backend) => {
  test('2,000 small additions by three threads all happen once', async () => {
    await openCompute({ backend, threads: 3 });
    const one = tf.tensor1d(Float32Array.from({ length: size }, (_, i) => i % 7));
    const total = tf.variable(tf.zeros([size]));
    for (let i = 0; i < 2000; i++) addInPlace(total, one);
    const wrong = total.dataSync().findIndex((sum, i) => sum !== 2000 * (i % 7));
    expect(wrong).toBe(-1);
    for (const tensor of [one, total]) tensor.dispose();
  });

  test('as do 2,000 of four rows, with threads coming and going', async () => {
    const x = tf.fill([129, 4], 2) as tf.Tensor2D;
    const weight = tf.tensor1d([1, 2, 3, 4]);
    for (let i = 0; i < 2000; i++) {
      if (i % 100 === 0) await openCompute({ backend, threads: 1 + ((i / 100) % 4) });
      const y = rmsNorm(x, weight, 0);
      if (i % 50 === 0) {
        const wrong = y.dataSync().findIndex((value, j) => value !== 1 + (j % 4));
        expect(wrong).toBe(-1);
      }
      y.dispose();
    }
  });

  test('nobody waits for a thread that has no core: as fast as alone where the system lets it', async () => {
    const one = tf.ones([size]);
    const total = tf.variable(tf.zeros([size]));
    /** Milliseconds of 100 additions, the best of eight rounds. */
    const best = async (threads: number): Promise<number> => {
      await openCompute({ backend, threads });
      const rounds = Array.from({ length: 8 }, () => {
        const begin = performance.now();
        for (let i = 0; i < 100; i++) addInPlace(total, one);
        return performance.now() - begin;
      });
      return Math.min(...rounds);
    };
    const alone = await best(1);
    // a barrier that waits for all three takes a second and more
    expect(await best(3)).toBeLessThan(20 * alone + 20);
    for (const tensor of [one, total]) tensor.dispose();
  }, 30_000);

  test('threads without work sleep', async () => {
    await openCompute({ backend, threads: 3 });
    const total = tf.variable(tf.zeros([size]));
    const one = tf.ones([size]);
    addInPlace(total, one);
    await setTimeout(100);
    const before = process.cpuUsage();
    await setTimeout(300);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(100_000);
    for (const tensor of [one, total]) tensor.dispose();
  });
});
