/** What model.ts measures in each process. */
import { type BackendName, type CoaBackend, linear, openCompute } from '@coa/compute';
import { seededRng } from '@coa/core';
import {
  applyGradients,
  createModel,
  createOptimizer,
  crossEntropy,
  defaultOptimizer,
  globalNorm,
  gradientsOf,
  llamaConfig,
  modelSizes,
  openSampler,
  packSequences,
} from '@coa/model';
import * as tf from '@tensorflow/tfjs-core';

/** profile: training, with the time of every kernel. */
export type Mode = 'train' | 'sample' | 'gemm' | 'profile';

export type BenchConfig = {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly ffn: number;
  /** Tokens of a training row, and rows. */
  readonly sequence: number;
  readonly batch: number;
};

export const benchConfigs: Readonly<Record<string, BenchConfig>> = {
  A: { ...modelSizes.nano, kvHeads: 4, vocabulary: 4096, sequence: 256, batch: 16 },
  B: { ...modelSizes.micro, kvHeads: 8, vocabulary: 8192, sequence: 384, batch: 8 },
  C: { ...modelSizes['135m'], vocabulary: 49_152, sequence: 512, batch: 2 },
};

export type Measured = {
  readonly tokensPerSecond: number | null;
  /** One for each shape. */
  readonly gflops: readonly number[] | null;
  /** Part of a training step's time by kernel, largest first. */
  readonly profile: Readonly<Record<string, number>> | null;
  /** Peak resident memory of the process. */
  readonly peakBytes: number;
};

export type Task = {
  readonly config: string;
  readonly mode: Mode;
  readonly backend: BackendName;
  readonly threads: number;
  readonly steps: number;
  readonly shapes: readonly (readonly number[])[];
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Seconds of each of `steps` runs after one warm-up. */
const timed = async (steps: number, run: () => unknown): Promise<number[]> => {
  const seconds: number[] = [];
  for (let i = 0; i <= steps; i++) {
    const begin = performance.now();
    await run();
    seconds.push((performance.now() - begin) / 1000);
  }
  return seconds.slice(1);
};

const randomIds = (count: number, vocabulary: number, seed: number): Int32Array => {
  const rng = seededRng(seed);
  return Int32Array.from({ length: count }, () => Math.floor(rng() * vocabulary));
};

/** Adds up the milliseconds of each kernel from now on; attention and its backward pass are one kernel with two names. */
const timeKernels = (): Map<string, number> => {
  const { kernels } = tf.backend() as CoaBackend;
  const spent = new Map<string, number>();
  const run = kernels.run.bind(kernels);
  const timedRun: typeof kernels.run = (operation, ...values) => {
    const begin = performance.now();
    const result = run(operation, ...values);
    const backward = operation === 'attention' && values[7] !== 0;
    const name = backward ? 'attention, backward' : operation;
    spent.set(name, (spent.get(name) ?? 0) + performance.now() - begin);
    return result;
  };
  Object.assign(kernels, { run: timedRun });
  return spent;
};

/** A model, its optimiser and a batch: what makes one training step. */
const openTraining = (config: string): { readonly tokens: number; readonly step: () => void } => {
  const { sequence, batch, ...sizes } = benchConfigs[config]!;
  const model = createModel(llamaConfig(sizes), 1);
  const optimizer = createOptimizer(model);
  const wanted = new Uint8Array(sequence + 1).fill(1);
  const packed = packSequences(
    Array.from({ length: batch }, (_, i) => ({
      ids: randomIds(sequence + 1, sizes.vocabulary, i),
      wanted,
    })),
  );
  const weights = new Float32Array(packed.rows.length).fill(1);
  const step = (): void => {
    const { gradients } = gradientsOf(optimizer.parameters, [
      () => crossEntropy(model, packed, weights),
    ]);
    applyGradients(optimizer, gradients, globalNorm(gradients), {
      ...defaultOptimizer,
      learningRate: 1e-3,
    });
    for (const gradient of gradients.values()) gradient.dispose();
  };
  return { tokens: batch * sequence, step };
};

const trainSpeed = async ({ config, steps }: Task): Promise<number> => {
  const { tokens, step } = openTraining(config);
  return tokens / median(await timed(steps, step));
};

/** Where the time of a step goes, after one warm-up. */
const profileOf = ({ config, steps }: Task): Pick<Measured, 'tokensPerSecond' | 'profile'> => {
  const { tokens, step } = openTraining(config);
  step();
  const spent = timeKernels();
  const begin = performance.now();
  for (let i = 0; i < steps; i++) step();
  const total = performance.now() - begin;
  const kernels = [...spent].sort(([, a], [, b]) => b - a);
  const rest = total - kernels.reduce((sum, [, milliseconds]) => sum + milliseconds, 0);
  const parts = [...kernels, ['outside the kernels', rest] as const];
  const profile = Object.fromEntries(parts.map(([name, spentMs]) => [name, spentMs / total]));
  return { tokensPerSecond: (1000 * tokens * steps) / total, profile };
};

const sampleSpeed = async ({ config, steps }: Task): Promise<number> => {
  const { sequence: _sequence, batch: _batch, ...sizes } = benchConfigs[config]!;
  const sampler = openSampler(createModel(llamaConfig(sizes), 1), { cacheBytes: 2 ** 31 });
  let round = 0;
  const seconds = await timed(steps, () => {
    round += 1;
    return Promise.all(
      Array.from({ length: 32 }, (_, i) =>
        sampler.sample({
          prompt: randomIds(128, sizes.vocabulary, 1000 * round + i),
          maxTokens: 128,
          temperature: 1,
          topP: 1,
          seed: i,
        }),
      ),
    );
  });
  sampler.close();
  return (32 * 128) / median(seconds);
};

const gemmSpeeds = async ({ shapes, steps }: Task): Promise<number[]> => {
  const speeds: number[] = [];
  for (const [m, n, k] of shapes as [number, number, number][]) {
    const [a, b] = [tf.ones([m, k]) as tf.Tensor2D, tf.ones([n, k]) as tf.Tensor2D];
    const seconds = await timed(2 * steps, () => tf.tidy(() => linear(a, b) && undefined));
    speeds.push((2e-9 * m * n * k) / median(seconds));
  }
  return speeds;
};

const speeds = async (task: Task): Promise<Omit<Measured, 'peakBytes'>> => {
  const none = { tokensPerSecond: null, gflops: null, profile: null };
  switch (task.mode) {
    case 'train':
      return { ...none, tokensPerSecond: await trainSpeed(task) };
    case 'sample':
      return { ...none, tokensPerSecond: await sampleSpeed(task) };
    case 'gemm':
      return { ...none, gflops: await gemmSpeeds(task) };
    case 'profile':
      return { ...none, ...profileOf(task) };
  }
};

/** Opens the backend, runs the task. */
export const measure = async (task: Task): Promise<Measured> => {
  await openCompute({ backend: task.backend, threads: task.threads });
  const found = await speeds(task);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  (tf.backend() as CoaBackend).dispose();
  return { ...found, peakBytes };
};
