import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCompute } from '@coa/compute';
import { seededRng } from '@coa/core';
import {
  copyTask,
  createModel,
  createOptimizer,
  crossEntropy,
  defaultOptimizer,
  disposeModel,
  disposeOptimizer,
  greedyAccuracy,
  inductionTask,
  llamaConfig,
  packSequences,
  parameterCount,
  type SyntheticTask,
  train,
} from '@coa/model';
import { defineScript, type ScriptServices } from '@coa/runner';

const vocabulary = 32;
const length = 32;
const config = llamaConfig({
  vocabulary,
  width: 128,
  layers: 2,
  heads: 4,
  ffn: 256,
  positions: length,
});
const batch = 64;
const heldOut = 200;

const steps = { full: { copy: 200, induction: 1400 }, toy: { copy: 5, induction: 5 } } as const;

type Learned = {
  readonly task: string;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly finished: boolean;
};

const leastAccuracy = 0.99;
const mostSeconds = 180;

/** Does the claim hold? In a sentence, with what it was held against. */
export const verdictOf = (
  results: readonly Pick<Learned, 'task' | 'accuracy'>[],
  seconds: number,
): { readonly holds: boolean; readonly sentence: string } => {
  const short = results.filter(({ accuracy }) => !(accuracy > leastAccuracy));
  const reasons = [
    ...short.map(({ task, accuracy }) => `${task} reached ${(100 * accuracy).toFixed(2)} %`),
    ...(seconds > mostSeconds ? [`it took ${seconds.toFixed(0)} s`] : []),
  ];
  const claimed = `each more than ${100 * leastAccuracy} %, within ${mostSeconds} s on two cores`;
  return reasons.length === 0
    ? { holds: true, sentence: `The claim holds (${claimed}): it took ${seconds.toFixed(0)} s.` }
    : { holds: false, sentence: `The claim does NOT hold (${claimed}): ${reasons.join(', ')}.` };
};

/** Trains a fresh model on one task; accuracy is over sequences that training never drew. */
const learn = async (
  task: SyntheticTask,
  { folder, size, seed, stopping, onProgress }: ScriptServices,
): Promise<Learned> => {
  const model = createModel(config, seed);
  const optimizer = createOptimizer(model);
  const total = steps[size][task.name];
  let loss = Number.NaN;
  const { step, finished } = await train(model, optimizer, {
    steps: total,
    schedule: { kind: 'cosine', peak: 3e-3, warmup: 50, steps: total, floor: 0.1 },
    optimizer: defaultOptimizer,
    seed,
    recipe: { task: task.name, length, batch, total },
    checkpoint: { file: join(folder, `${task.name}-${size}.safetensors`), every: 100 },
    signal: stopping,
    onStep: (report) => {
      loss = report.loss;
      onProgress(task.name, report.step, total);
    },
    batch: (at, rng) => {
      const packed = packSequences(Array.from({ length: batch }, () => task.example(length, rng)));
      const weights = new Float32Array(packed.rows.length).fill(1);
      return [
        { label: `${task.name}, step ${at}`, loss: () => crossEntropy(model, packed, weights) },
      ];
    },
  });
  const rng = seededRng(seed + 1_000_003);
  const held = packSequences(Array.from({ length: heldOut }, () => task.example(length, rng)));
  const accuracy = greedyAccuracy(model, held);
  disposeOptimizer(optimizer);
  disposeModel(model);
  return { task: task.name, steps: step, loss, accuracy, finished };
};

/** `npx nx run experiments:pretrain-nano`: does the engine learn what a transformer must be able to learn? */
export const pretrainNano = defineScript({
  name: 'pretrain-nano',
  claim:
    'A nano model learns to copy by position and to continue by content (induction), each to more than 99 % within three minutes on two cores.',
  seed: 1,
  run: async (services) => {
    const { backend, detail, threads } = await openCompute(services.compute);
    mkdirSync(services.folder, { recursive: true });
    services.say(
      `${parameterCount(config)} parameters on ${backend} (${detail}), ${threads} threads`,
    );
    const results: Learned[] = [];
    const begin = performance.now();
    for (const task of [copyTask(vocabulary), inductionTask(vocabulary)]) {
      if (!services.stopping.aborted) results.push(await learn(task, services));
    }
    const complete = results.length === 2 && results.every(({ finished }) => finished);
    if (complete) rmSync(services.folder, { recursive: true });
    const lines = results.map(
      ({ task, steps: made, loss, accuracy }) =>
        `${task.padEnd(10)} ${(100 * accuracy).toFixed(2)} % of ${heldOut} held-out sequences' tokens, loss ${loss.toFixed(4)} after ${made} steps (seed ${services.seed})`,
    );
    const seconds = (performance.now() - begin) / 1000;
    // the toy size only shows that it runs
    const judged = complete && services.size === 'full' ? verdictOf(results, seconds) : null;
    if (judged?.holds === false) process.exitCode = 1;
    return {
      complete,
      table: [...lines, ...(judged ? [judged.sentence] : [])].join('\n'),
      facts: {
        backend,
        detail,
        seed: services.seed,
        results,
        seconds,
        holds: judged?.holds ?? null,
      },
    };
  },
});
