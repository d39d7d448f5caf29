import { type ChildProcess, spawn } from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCompute } from './open-compute.ts';
import { addInPlace } from './ops/adamw.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { ourBackends } from './our-backends.test-data.ts';

let burner: ChildProcess;
beforeAll(() => {
  burner = spawn(process.execPath, ['-e', 'for (;;);']);
});
afterAll(() => {
  burner.kill('SIGKILL');
});

/** Two full tasks and a small one for `add`: 16,384 values each. */
const size = 40_000;

describe.each(ourBackends)('%s beside a process that keeps a core busy', (backend) => {
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
});
