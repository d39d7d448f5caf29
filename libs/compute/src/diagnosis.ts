import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { mostThreads } from './kernels.ts';
import { nativeObstacle, usableMemory } from './native-build.ts';
import type { Compute } from './open-compute.ts';
import { linear } from './ops/linear.ts';

/** What the machine offers; read by `readMachine`, given in tests. */
export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Runnable processes over the last minute; 0 where the system does not say. */
  readonly load: number;
  readonly node: string;
  readonly nvidia: boolean;
  /** Why the native kernels cannot be used; null where they can. */
  readonly nativeObstacle: string | null;
};

export const readMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: usableMemory(),
  load: loadavg()[0] ?? 0,
  node: process.version,
  nvidia: existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidia0'),
  nativeObstacle: nativeObstacle(),
});

/** What would make this backend faster on this machine; empty where nothing is known. */
export const adviceFor = ({ backend, detail, threads }: Compute, machine: Machine): string[] => {
  const advice: string[] = [];
  const cores = Math.min(machine.cores, mostThreads);
  const ours = backend === 'native' || backend === 'wasm' || backend === 'wasm-simd';
  if ((backend === 'wasm' || backend === 'wasm-simd') && machine.nativeObstacle !== null) {
    advice.push(
      `the native kernels are two to four times as fast: they are ${machine.nativeObstacle}`,
    );
  } else if (backend !== 'native' && ours)
    advice.push('the native kernels are built and two to four times as fast: --backend native');
  if (backend === 'plain')
    advice.push('our own kernels are a hundred times as fast: --backend auto');
  if (detail === 'simd')
    advice.push('this runtime has no relaxed SIMD, or it was not asked for: --backend wasm');
  if (ours && threads !== null && threads < cores)
    advice.push(`${machine.cores} cores are there, ${threads} are used: --threads ${cores}`);
  if (ours && threads !== null && threads > cores)
    advice.push(`${threads} threads share ${machine.cores} cores: --threads ${cores}`);
  if (machine.load > machine.cores * 0.75)
    advice.push(
      `other processes are busy (load ${machine.load.toFixed(1)} on ${machine.cores} cores)`,
    );
  if (machine.nvidia && backend !== 'cuda')
    advice.push(
      'an NVIDIA GPU seems to be here: npm install --no-save @tensorflow/tfjs-node-gpu@4.22.0, then --backend cuda (not yet run by us on a GPU)',
    );
  return advice;
};

/** GFLOP/s of a 768 x 768 product on the current backend, the best of a few. */
export const productSpeed = (): number => {
  const n = 768;
  const a = tf.ones([n, n]) as tf.Tensor2D;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8; i++) {
    const begin = performance.now();
    tf.tidy(() => linear(a, a).slice([0, 0], [1, 1]).dataSync() && undefined);
    best = Math.min(best, performance.now() - begin);
  }
  a.dispose();
  return (2e-6 * n ** 3) / best;
};
