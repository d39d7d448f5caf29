import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackendName, nativeObstacle, openCompute } from '@coa/compute';
import { openSafetensors, writeSafetensors } from '@coa/weights';
import type * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withLora } from './lora.ts';
import { createModel, disposeModel, type Model, parameterOf } from './model.ts';
import {
  applyGradients,
  createOptimizer,
  defaultOptimizer,
  disposeOptimizer,
  globalNorm,
  gradientsOf,
} from './optimizer.ts';
import { packSequences } from './packing.ts';
import { crossEntropy } from './scores.ts';
import { greatestDifference, randomSequences, tinyConfig } from './small-models.test-data.ts';
import { NonFiniteLossError, type TrainPlan, train } from './train.ts';

const backend: BackendName = nativeObstacle() === null ? 'native' : 'wasm';
const folder = mkdtempSync(join(tmpdir(), 'coa-train-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await openCompute({ backend, threads: 2 });
});

const planOf = (model: Model, changes: Partial<TrainPlan> = {}): TrainPlan => ({
  steps: 6,
  schedule: { kind: 'cosine', peak: 1e-2, warmup: 2, steps: 6, floor: 0 },
  optimizer: defaultOptimizer,
  seed: 5,
  recipe: { data: 'random' },
  checkpoint: null,
  batch: (step, rng) =>
    [0, 1].map((part) => {
      const packed = packSequences(randomSequences([8, 5], 29, Math.floor(rng() * 1e6)), 13);
      const weights = new Float32Array(packed.rows.length).fill(0.5);
      return {
        label: `step ${step}, part ${part}`,
        loss: () => crossEntropy(model, packed, weights),
      };
    }),
  ...changes,
});

const bytesOf = (model: Model): Float32Array[] =>
  [
    ...model.parameters.values(),
    ...[...(model.lora?.adapters.values() ?? [])].flatMap(({ a, b }) => [a, b]),
  ].map((variable) => variable.dataSync() as Float32Array);

const trained = async (make: () => Model, changes: Partial<TrainPlan> = {}) => {
  const model = make();
  const optimizer = createOptimizer(model);
  const losses: number[] = [];
  const onStep = ({ loss }: { loss: number }) => losses.push(loss);
  const result = await train(model, optimizer, planOf(model, { onStep, ...changes }));
  const bytes = bytesOf(model);
  disposeOptimizer(optimizer);
  disposeModel(model);
  return { result, bytes, losses };
};

describe.each([
  ['all parameters', () => createModel(tinyConfig(), 1)],
  [
    'adapters',
    () =>
      withLora(createModel(tinyConfig(), 1), { rank: 2, alpha: 4, targets: ['q', 'o', 'up'] }, 2),
  ],
])('a run over %s', (name, make) => {
  test('broken off and resumed equals the unbroken run bit for bit', async () => {
    const unbroken = await trained(make);
    const checkpoint = { file: join(folder, `${name}.safetensors`), every: 2 };
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 3 && stop.abort();
    const broken = await trained(make, {
      checkpoint,
      signal: stop.signal,
      onStep: onStep as never,
    });
    expect(broken.result).toEqual({ step: 3, finished: false });
    const resumed = await trained(make, { checkpoint });
    expect(resumed.losses).toEqual(unbroken.losses.slice(3));
    expect(resumed.bytes).toEqual(unbroken.bytes);
    expect(unbroken.bytes).not.toEqual(bytesOf(make()));
  });
});

test('the number of threads does not change a bit', async () => {
  const two = await trained(() => createModel(tinyConfig(), 1));
  await openCompute({ backend, threads: 1 });
  const one = await trained(() => createModel(tinyConfig(), 1));
  await openCompute({ backend, threads: 3 });
  const three = await trained(() => createModel(tinyConfig(), 1));
  await openCompute({ backend, threads: 2 });
  expect(one).toEqual(two);
  expect(three).toEqual(two);
});

test('a checkpoint of another recipe, seed or model, a damaged one and a foreign file are refused by name', async () => {
  const file = join(folder, 'refused.safetensors');
  const checkpoint = { file, every: 2 };
  const make = () => createModel(tinyConfig(), 1);
  await trained(make, { checkpoint, steps: 2 });
  await expect(trained(make, { checkpoint, recipe: { data: 'other' } })).rejects.toThrow(
    /another recipe/,
  );
  const schedule = { kind: 'constant', peak: 1e-2, warmup: 2, steps: 6, floor: 0 } as const;
  await expect(trained(make, { checkpoint, schedule })).rejects.toThrow(/another recipe/);
  await expect(trained(make, { checkpoint, seed: 6 })).rejects.toThrow(/seed 5, not 6/);
  await expect(
    trained(() => createModel(tinyConfig({ layers: 1 }), 1), { checkpoint }),
  ).rejects.toThrow(/another recipe/);
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length - 10));
  await expect(trained(make, { checkpoint })).rejects.toThrow(/refused\.safetensors/);
  writeFileSync(file, 'not a checkpoint at all');
  await expect(trained(make, { checkpoint })).rejects.toThrow(/refused\.safetensors/);
});

test('a checkpoint of another backend is refused by both names; one that does not say is taken', async () => {
  const file = join(folder, 'moved.safetensors');
  const checkpoint = { file, every: 2 };
  const make = () => createModel(tinyConfig(), 1);
  const { fingerprint } = await openCompute({ backend, threads: 2 });
  await trained(make, { checkpoint, steps: 2 });
  const other = await openCompute({ backend: 'wasm-simd', threads: 2 });
  await expect(trained(make, { checkpoint })).rejects.toThrow(
    `moved.safetensors was computed by ${fingerprint}, not by ${other.fingerprint}`,
  );
  await openCompute({ backend, threads: 2 });
  const { tensors, metadata, read, close } = openSafetensors(file);
  const { arithmetic, ...silent } = metadata as Record<string, string>;
  expect(arithmetic).toBe(fingerprint);
  const earlier = join(folder, 'earlier.safetensors');
  const shapes = [...tensors.values()].map(({ name, shape }) => ({ name, shape }));
  writeSafetensors(earlier, shapes, read, { dtype: 'F32', metadata: silent });
  close();
  const resumed = await trained(make, { checkpoint: { file: earlier, every: 2 } });
  expect(resumed.result).toEqual({ step: 6, finished: true });
});

/** 0, with a gradient that is not finite. */
const steep = (model: Model, gradient: 'NaN' | 'Infinity'): tf.Scalar => {
  const sum = parameterOf(model, 'norm').sum();
  const zero = gradient === 'NaN' ? sum.mul(0) : sum.sub(sum.dataSync()[0]!);
  return zero.sqrt() as tf.Scalar;
};

test.each<[string, (loss: tf.Scalar, model: Model) => tf.Tensor, RegExp]>([
  ['NaN', (loss) => loss.mul(Number.NaN), /the loss is NaN on batch 2 of 2 \(the bad batch\)/],
  [
    'infinite',
    (loss) => loss.mul(Number.POSITIVE_INFINITY),
    /the loss is Infinity on batch 2 of 2 \(the bad batch\)/,
  ],
  [
    'minus infinity',
    (loss) => loss.mul(Number.NEGATIVE_INFINITY),
    /the loss is -Infinity on batch 2 of 2 \(the bad batch\)/,
  ],
  [
    'finite with a gradient of NaN',
    (loss, model) => loss.add(steep(model, 'NaN')),
    /the gradient norm is NaN on batch \(step 4, part 0; the bad batch\)/,
  ],
  [
    'finite with an infinite gradient',
    (loss, model) => loss.add(steep(model, 'Infinity')),
    /the gradient norm is Infinity on batch \(step 4, part 0; the bad batch\)/,
  ],
])(
  'a loss that is %s stops the run: step, batch and last good checkpoint are named, weights stay',
  async (name, spoil, message) => {
    const file = join(folder, `${name}.safetensors`);
    const model = createModel(tinyConfig(), 1);
    const optimizer = createOptimizer(model);
    const plan = planOf(model);
    const kept: Float32Array[] = [];
    const batch: TrainPlan['batch'] = async (step, rng) => {
      const [first, second] = await plan.batch(step, rng);
      if (step < 4) return [first!, second!];
      kept.push(...bytesOf(model));
      return [
        first!,
        { label: 'the bad batch', loss: () => spoil(second!.loss(), model) as tf.Scalar },
      ];
    };
    const run = train(model, optimizer, { ...plan, batch, checkpoint: { file, every: 3 } });
    const error = await run.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(NonFiniteLossError);
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain('step 4: ');
    expect(String(error)).toContain(`The last good checkpoint is ${file}, of step 3`);
    expect(bytesOf(model)).toEqual(kept);
  },
);

test('gradients of micro-batches add up to those of the whole batch', () => {
  const model = createModel(tinyConfig(), 1);
  const sequences = randomSequences([9, 7, 5, 8], 29);
  const part = (chosen: typeof sequences) => {
    const packed = packSequences(chosen);
    return () =>
      crossEntropy(model, packed, new Float32Array(packed.rows.length).fill(1), { total: 25 });
  };
  const whole = gradientsOf(model.parameters, [part(sequences)]);
  const parts = gradientsOf(model.parameters, [
    part(sequences.slice(0, 1)),
    part(sequences.slice(1)),
  ]);
  for (const [name, gradient] of whole.gradients) {
    expect(
      greatestDifference(gradient.dataSync(), parts.gradients.get(name)!.dataSync()),
      name,
    ).toBeLessThan(1e-5);
  }
});

test('checkpointed activations do not change a bit of the loss or a gradient', () => {
  const model = createModel(tinyConfig({ tied: false, qkvBias: true }), 1);
  const packed = packSequences(randomSequences([20, 13], 29));
  const weights = new Float32Array(packed.rows.length).fill(1);
  const [kept, again] = [false, true].map((checkpointActivations) =>
    gradientsOf(model.parameters, [
      () => crossEntropy(model, packed, weights, { checkpointActivations }),
    ]),
  );
  expect(again!.losses).toEqual(kept!.losses);
  for (const [name, gradient] of kept!.gradients)
    expect(again!.gradients.get(name)!.dataSync(), name).toEqual(gradient.dataSync());
});

test('clipping: the update of a gradient beyond the norm is that of the gradient scaled down to it', () => {
  const after = (scale: number, maxGradientNorm: number | null) => {
    const model = createModel(tinyConfig(), 1);
    const packed = packSequences(randomSequences([9], 29));
    const optimizer = createOptimizer(model);
    const total = 8 / scale;
    const loss = () => crossEntropy(model, packed, new Float32Array(8).fill(1), { total });
    const { gradients } = gradientsOf(model.parameters, [loss]);
    const norm = globalNorm(gradients);
    applyGradients(optimizer, gradients, norm, {
      ...defaultOptimizer,
      epsilon: 1,
      weightDecay: 0,
      learningRate: 1,
      maxGradientNorm,
    });
    return { norm, bytes: bytesOf(model) };
  };
  const plain = after(1, null);
  const clipped = after(100, plain.norm);
  expect(clipped.norm / plain.norm).toBeCloseTo(100, 3);
  for (const [i, values] of plain.bytes.entries())
    expect(greatestDifference(values, clipped.bytes[i]!)).toBeLessThan(1e-5);
});

test('steps that share data are stopped and saved only together', async () => {
  const model = createModel(tinyConfig(), 1);
  const plan = planOf(model);
  const stopping = new AbortController();
  const made: number[] = [];
  const onStep = ({ step }: { step: number }) => {
    made.push(step);
    if (step === 3) stopping.abort();
  };
  const asked = { ...plan, steps: 6, together: 2, checkpoint: null, onStep };
  const optimizer = createOptimizer(model);
  const result = await train(model, optimizer, { ...asked, signal: stopping.signal });
  expect(result).toEqual({ step: 4, finished: false });
  expect(made).toEqual([1, 2, 3, 4]);
  await expect(train(model, optimizer, { ...asked, steps: 5 })).rejects.toThrow(
    'steps is 5; it must be a multiple of together (2)',
  );
});
