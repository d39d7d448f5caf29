import { type BackendName, nativeObstacle, openCompute } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { assertConfig } from './config.ts';
import { adaptedLinear, mergeLora, withLora } from './lora.ts';
import { createModel, disposeModel, parameterOf, trainableParameters } from './model.ts';
import { gradientsOf } from './optimizer.ts';
import { packSequences } from './packing.ts';
import { initialParameters, parameterCount, variableOf } from './parameters.ts';
import { learningRateAt } from './schedule.ts';
import { crossEntropy, tokenLogprobs } from './scores.ts';
import { greatestDifference, randomSequences, tinyConfig } from './small-models.test-data.ts';

const backends: BackendName[] = nativeObstacle() === null ? ['native', 'wasm'] : ['wasm'];
const fastest = backends[0]!;

describe.each(backends)('the network on %s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
  });

  test('packed sequences do not see each other: scores as alone', () => {
    const model = createModel(tinyConfig(), 3);
    const sequences = randomSequences([9, 4, 17, 1, 6, 2], model.config.vocabulary);
    const packed = packSequences(sequences, 20);
    expect(packed.batch).toBe(2);
    const together = tokenLogprobs(model, packed);
    for (const [s, sequence] of sequences.entries()) {
      const own = together.subarray(packed.starts[s], packed.starts[s + 1]);
      if (sequence.ids.length === 1) expect(own).toHaveLength(0);
      else
        expect(
          greatestDifference(own, tokenLogprobs(model, packSequences([sequence]))),
        ).toBeLessThan(1e-5);
    }
    disposeModel(model);
  });

  test('a token is not scored by what comes after it', () => {
    const model = createModel(tinyConfig(), 3);
    const [sequence] = randomSequences([12], model.config.vocabulary);
    const changed = {
      ...sequence!,
      ids: sequence!.ids.map((id, i) => (i === 11 ? (id + 1) % 29 : id)),
    };
    const [a, b] = [sequence!, changed].map((one) => tokenLogprobs(model, packSequences([one])));
    expect(a!.subarray(0, 10)).toEqual(b!.subarray(0, 10));
    expect(a![10]).not.toBe(b![10]);
    disposeModel(model);
  });

  test.each([
    ['tied head, grouped heads', {}, null],
    ['free head, biases, a head each', { tied: false, qkvBias: true, kvHeads: 3 }, null],
    ['adapters', {}, { rank: 3, alpha: 6, targets: ['q', 'v', 'o', 'gate', 'down'] as const }],
  ])('gradients agree with finite differences: %s', (_, changes, lora) => {
    const base = createModel(tinyConfig(changes), 5);
    const model = lora === null ? base : withLora(base, lora, 1);
    const parameters = trainableParameters(model);
    for (const { b } of model.lora?.adapters.values() ?? [])
      tf.tidy(() => b.assign(tf.randomNormal(b.shape, 0, 0.1, 'float32', 4)));
    // larger weights than at the start of training: every path matters
    for (const variable of model.parameters.values())
      tf.tidy(() => variable.assign(variable.mul(variable.rank > 1 ? 8 : 1)));
    const packed = packSequences(randomSequences([7, 5], 29), 12);
    const weights = Float32Array.from(packed.rows, (_row, i) => [1, 0.3, 0, 2][i % 4]!);
    const loss = () => crossEntropy(model, packed, weights);
    const { gradients } = gradientsOf(parameters, [loss]);
    const value = (): number => tf.tidy(() => loss().dataSync()[0]! as never) as unknown as number;
    for (const [name, variable] of parameters) {
      const values = variable.dataSync() as Float32Array;
      const slopes = gradients.get(name)!.dataSync() as Float32Array;
      const at = slopes.reduce(
        (best, slope, i) => (Math.abs(slope) > Math.abs(slopes[best]!) ? i : best),
        0,
      );
      const shifted = (by: number): number => {
        const moved = variableOf(
          values.map((x, i) => (i === at ? x + by : x)) as Float32Array,
          variable.shape,
        );
        variable.assign(moved);
        moved.dispose();
        return value();
      };
      const step = 2e-3;
      const measured = (shifted(step) - shifted(-step)) / (2 * step);
      shifted(0);
      expect(Math.abs(measured - slopes[at]!), name).toBeLessThan(
        0.02 * Math.abs(slopes[at]!) + 2e-4,
      );
    }
    disposeModel(model);
  });

  test('adapters: nothing at first, gradients only theirs, merged and unmerged bit for bit', () => {
    const base = createModel(tinyConfig(), 7);
    const model = withLora(base, { rank: 3, alpha: 6, targets: ['q', 'v', 'o', 'up', 'down'] }, 1);
    const packed = packSequences(randomSequences([9], 29));
    expect(tokenLogprobs(model, packed)).toEqual(tokenLogprobs(base, packed));
    expect([...trainableParameters(model).keys()].every((name) => name.includes('lora'))).toBe(
      true,
    );
    for (const { b } of model.lora!.adapters.values())
      tf.tidy(() => b.assign(tf.randomNormal(b.shape, 0, 0.5, 'float32', 4)));
    const adapted = tokenLogprobs(model, packed);
    expect(greatestDifference(adapted, tokenLogprobs(base, packed))).toBeGreaterThan(1e-3);
    const before = parameterOf(base, 'layers.0.qkv').dataSync();
    const { merged, unmerge } = mergeLora(model);
    expect(greatestDifference(tokenLogprobs(merged, packed), adapted)).toBeLessThan(1e-4);
    expect(tokenLogprobs(unmerge(), packed)).toEqual(adapted);
    expect(parameterOf(base, 'layers.0.qkv').dataSync()).toEqual(before);
    disposeModel(model);
  });

  test('an adapter of q and v leaves k as it is', () => {
    const base = createModel(tinyConfig(), 7);
    const model = withLora(base, { rank: 2, alpha: 2, targets: ['q', 'v'] }, 1);
    const { b } = model.lora!.adapters.get('layers.0.qkv')!;
    tf.tidy(() => b.assign(tf.ones(b.shape)));
    const change = tf.tidy(() => {
      const x = tf.ones([1, 18]) as tf.Tensor2D;
      return adaptedLinear(model, 'layers.0.qkv', x)
        .sub(adaptedLinear(base, 'layers.0.qkv', x))
        .dataSync();
    });
    const { heads, headDim } = base.config;
    const [q, kv] = [heads * headDim, headDim];
    expect([...change.subarray(q, q + kv)]).toEqual(new Array(kv).fill(0));
    expect(Math.abs(change[0]!)).toBeGreaterThan(1e-4);
    expect(Math.abs(change[q + kv]!)).toBeGreaterThan(1e-4);
    disposeModel(model);
  });
});

test('the same seed gives the same parameters, another seed others', async () => {
  await openCompute({ backend: fastest });
  const read = (seed: number) =>
    initialParameters(tinyConfig(), seed).get('layers.1.down')!.dataSync();
  expect(read(1)).toEqual(read(1));
  expect(read(1)).not.toEqual(read(2));
});

test('parameters are counted', () => {
  const shape = {
    width: 576,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    headDim: 64,
    ffn: 1536,
    vocabulary: 49152,
  };
  expect(parameterCount(tinyConfig(shape))).toBe(134_515_008);
});

test.each([
  [{ kvHeads: 2 }, /3 heads/],
  [{ headDim: 5 }, /headDim is 5/],
  [{ layers: 0 }, /layers is 0/],
  [{ ropeTheta: Number.NaN }, /ropeTheta NaN/],
])('a configuration that is no model is refused: %j', (changes, message) => {
  expect(() => assertConfig({ ...tinyConfig(), ...changes })).toThrow(message);
});

test('packing refuses what does not fit, and says what', () => {
  expect(() => packSequences(randomSequences([9], 29), 8)).toThrow(/9 tokens; rows hold 8/);
  expect(() => packSequences([])).toThrow(/no sequences/);
  expect(() => packSequences([{ ids: new Int32Array(3), wanted: new Uint8Array(2) }])).toThrow(
    /3 tokens and 2/,
  );
});

test('scores refuse ids and lengths that the model does not have', async () => {
  await openCompute({ backend: fastest });
  const model = createModel(tinyConfig(), 1);
  const wanted = new Uint8Array(3).fill(1);
  expect(() =>
    tokenLogprobs(model, packSequences([{ ids: Int32Array.of(1, 29, 2), wanted }])),
  ).toThrow(/id 29/);
  expect(() => tokenLogprobs(model, packSequences(randomSequences([65], 29)))).toThrow(
    /64 positions/,
  );
  disposeModel(model);
});

test('learning rates: warm-up, peak, cosine to the floor, constant', () => {
  const cosine = { kind: 'cosine', peak: 2, warmup: 4, steps: 104, floor: 0.1 } as const;
  expect([1, 2, 4].map((step) => learningRateAt(cosine, step))).toEqual([0.5, 1, 2]);
  expect(learningRateAt(cosine, 54)).toBeCloseTo(2 * 0.55, 10);
  expect(learningRateAt(cosine, 104)).toBeCloseTo(0.2, 10);
  expect(learningRateAt(cosine, 999)).toBeCloseTo(0.2, 10);
  expect(learningRateAt({ ...cosine, kind: 'constant' }, 999)).toBe(2);
});
