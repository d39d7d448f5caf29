/** Numbers at the edges of float32: large and equal scores, NaN, gradients of a vocabulary in parts. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fusedBackend } from './backend.ts';
import { floats, relativeError, sameBits, tensorOf } from './numbers.test-data.ts';
import { attentionCase, gradientsOf, headCase, resultsOf } from './op-cases.test-data.ts';
import { openCompute } from './open-compute.ts';
import { tokenScores } from './ops/head.ts';
import { linear } from './ops/linear.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { swiglu } from './ops/swiglu.ts';
import { ourBackends } from './our-backends.test-data.ts';

const ints = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], 'int32');

/** Scores of one row of logits, for each of its tokens as the target. */
const scoresOf = (logits: readonly number[]) => {
  const weight = tf.tensor2d(logits.map((x) => [x]));
  const hidden = tf.ones([logits.length, 1]) as tf.Tensor2D;
  const { logprobs, entropies } = tokenScores(hidden, weight, ints(logits.map((_, i) => i)));
  return { logprobs: [...logprobs.dataSync()], entropy: entropies.dataSync()[0]! };
};

const exactly = (logits: readonly number[]) => {
  const top = Math.max(...logits);
  const logSum = top + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0));
  const logprobs = logits.map((x) => x - logSum);
  const entropy = logprobs.reduce((sum, logp) => sum - Math.exp(logp) * logp || sum, 0);
  return { logprobs, entropy };
};

const random = floats([37], 1, 3).values;
const rows: [string, number[]][] = [
  ['random', [...random]],
  ['all equal', new Array<number>(33).fill(-12.5)],
  ['all equal at 1e4', new Array<number>(17).fill(1e4)],
  ['from -1e4 to 1e4', Array.from({ length: 21 }, (_, i) => (i - 10) * 1e3)],
  ['one dominates', [...random].map((x, i) => (i === 20 ? 1e4 : x))],
  ['two dominate', [...random].map((x, i) => (i === 0 || i === 36 ? 300 : x))],
  ['down to where exp underflows', Array.from({ length: 40 }, (_, i) => -2.5 * i)],
  ['one token', [1e4]],
];

const suite = (): void => {
  test.each(rows)('tokenScores of logits: %s', (_, logits) => {
    const [actual, expected] = [
      scoresOf(logits.map(Math.fround)),
      exactly(logits.map(Math.fround)),
    ];
    actual.logprobs.forEach((logprob, i) => {
      const wanted = expected.logprobs[i]!;
      expect(Math.abs(logprob - wanted), `${i}`).toBeLessThan(
        1e-6 + 2e-7 * (Math.abs(wanted) + Math.abs(logits[i]!)),
      );
    });
    expect(Math.abs(actual.entropy - expected.entropy)).toBeLessThan(2e-6 * (1 + expected.entropy));
  });

  test('sigmoid over its whole range', () => {
    const gates = Array.from({ length: 401 }, (_, i) => (i - 200) / 2);
    const gateUp = tf.tensor2d([...gates, ...gates.map(() => 1)], [1, 802]);
    const y = swiglu(gateUp).dataSync();
    gates.forEach((gate, i) => {
      const wanted = gate / (1 + Math.exp(-gate));
      // below -87 it is 0 or nearly
      expect(Math.abs(y[i]! - wanted), `${gate}`).toBeLessThanOrEqual(
        1e-35 + 1e-6 * Math.abs(wanted),
      );
    });
  });

  test.each([1e2, 1e4, 1e8])('attention with scores times %d stays finite', (scale) => {
    const size = { batch: 1, length: 21, heads: 2, kvHeads: 1, headDim: 6 };
    const results = resultsOf(attentionCase({ ...size, scale }));
    for (const values of Object.values(results)) expect(values.every(Number.isFinite)).toBe(true);
    // an output is a mean of values
    const values = attentionCase({ ...size, scale }).inputs.qkv!.values;
    const most = Float32Array.from(values).reduce((top, x) => Math.max(top, Math.abs(x)), 0);
    expect(results['output 0']!.every((x) => Math.abs(x) <= most * 1.00001)).toBe(true);
  });

  test.each([1e-30, 1e15])('rmsNorm of numbers about %d', (scale) => {
    const x = floats([3, 19], 2, scale);
    const y = rmsNorm(tensorOf(x) as tf.Tensor2D, tf.ones([19]), 1e-12).dataSync();
    const expected = [0, 1, 2].flatMap((row) => {
      const values = [...x.values.subarray(row * 19, row * 19 + 19)];
      const mean = values.reduce((sum, v) => sum + v * v, 0) / 19;
      return values.map((v) => v / Math.sqrt(mean + Math.fround(1e-12)));
    });
    expect(relativeError(y, expected)).toBeLessThan(1e-6);
  });

  test('a NaN stays in its row and comes out as NaN', () => {
    const { values } = floats([9, 18], 3);
    values[4 * 18 + 7] = Number.NaN;
    const x = tensorOf({ shape: [9, 18], values }) as tf.Tensor2D;
    const weight = tensorOf(floats([7, 18], 4)) as tf.Tensor2D;
    const outputs = {
      linear: linear(x, weight),
      rmsNorm: rmsNorm(x, tf.ones([18]), 1e-5),
      logprobs: tokenScores(x, weight, ints([0, 1, 2, 3, 4, 5, 6, 0, 1])).logprobs,
      entropies: tokenScores(x, weight, ints([0, 1, 2, 3, 4, 5, 6, 0, 1])).entropies,
    };
    for (const [name, output] of Object.entries(outputs)) {
      const flat = output.dataSync();
      const width = flat.length / 9;
      const broken = [...Array(9).keys()].filter((row) =>
        flat.slice(row * width, (row + 1) * width).every(Number.isNaN),
      );
      expect(broken, name).toEqual([4]);
      expect(flat.filter(Number.isNaN).length, name).toBe(width);
    }
    const activated = swiglu(x).dataSync();
    expect([...activated.keys()].filter((i) => Number.isNaN(activated[i]))).toEqual([4 * 9 + 7]);
  });

  test('a NaN in one row of the vocabulary makes every log-probability NaN', () => {
    for (const token of [0, 3, 32]) {
      const weight = floats([33, 18], 5);
      weight.values[token * 18] = Number.NaN;
      const hidden = tensorOf(floats([5, 18], 6)) as tf.Tensor2D;
      const scores = tokenScores(hidden, tensorOf(weight) as tf.Tensor2D, ints([0, 3, 32, 7, -1]));
      expect([...scores.logprobs.dataSync()].map(Number.isNaN)).toEqual([
        true,
        true,
        true,
        true,
        false,
      ]);
    }
  });

  test('attention: a NaN query is its own, a NaN key is that of all who see it', () => {
    const size = { batch: 1, length: 40, heads: 2, kvHeads: 1, headDim: 6 };
    const brokenRows = (column: number): number[] => {
      const base = attentionCase(size);
      const values = Float32Array.from(base.inputs.qkv!.values);
      values[20 * 24 + column] = Number.NaN;
      const output = resultsOf({ ...base, inputs: { qkv: { shape: [40, 24], values } } })[
        'output 0'
      ]!;
      return [...Array(40).keys()].filter((row) =>
        output.slice(row * 12, row * 12 + 6).every(Number.isNaN),
      );
    };
    expect(brokenRows(0)).toEqual([20]);
    expect(brokenRows(12)).toEqual(Array.from({ length: 20 }, (_, i) => 20 + i));
  });
};

describe.each(ourBackends)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
  });
  suite();

  test('logits too many for one part: the same scores, gradients added up', () => {
    // 479 rows of 70,000 fit at a time
    const [rows, vocabulary, width] = [500, 70_000, 2];
    const hidden = floats([rows, width], 7);
    const weight = tensorOf(floats([vocabulary, width], 8)) as tf.Tensor2D;
    const slopes = floats([rows], 9);
    const run = (from: number, to: number) =>
      tf.tidy(() => {
        const part = {
          shape: [to - from, width],
          values: hidden.values.slice(from * width, to * width),
        };
        const targets = ints(
          Array.from({ length: to - from }, (_, i) => ((from + i) * 137) % vocabulary),
        );
        const slope = tensorOf({ shape: [to - from], values: slopes.values.slice(from, to) });
        const loss = (h: tf.Tensor, w: tf.Tensor) => {
          const { logprobs, entropies } = tokenScores(h as tf.Tensor2D, w as tf.Tensor2D, targets);
          return logprobs.add(entropies).mul(slope).sum();
        };
        const x = tensorOf(part);
        const scores = tokenScores(x as tf.Tensor2D, weight, targets);
        const results = [scores.logprobs, scores.entropies, ...tf.grads(loss)([x, weight])];
        return results.map((result) => result.dataSync() as Float32Array) as never;
      }) as Float32Array[];
    const whole = run(0, rows);
    const [first, second] = [run(0, 250), run(250, rows)];
    for (const i of [0, 1, 2]) {
      expect(sameBits(whole[i]!, Float32Array.of(...first[i]!, ...second[i]!)), `${i}`).toBe(true);
    }
    const sum = first[3]!.map((x, i) => x + second[3]![i]!);
    expect(relativeError(whole[3]!, sum)).toBeLessThan(1e-5);
  });
});

test.each(ourBackends)(
  '%s: expected slopes save the second pass over the logits',
  async (backend) => {
    await openCompute({ backend, threads: 2 });
    const run = vi.spyOn(fusedBackend()!.kernels, 'run');
    const passes = (slopes: Float32Array): number => {
      run.mockClear();
      const options = { expectedSlopes: Float32Array.of(0.5, -1, 2) };
      gradientsOf(
        headCase({
          rows: 3,
          width: 4,
          vocabulary: 7,
          of: 'logprobs',
          slopes: [{ shape: [3], values: slopes }],
          options,
        }),
      );
      return run.mock.calls.filter(([operation]) => operation === 'headRows').length;
    };
    expect(passes(Float32Array.of(0.5, -1, 2))).toBe(1);
    expect(passes(Float32Array.of(0.5, -1, 2.5))).toBe(2);
    run.mockRestore();
  },
);

test.each([...ourBackends, 'plain'] as const)(
  '%s: a frozen weight gets no gradient',
  async (backend) => {
    await openCompute({ backend, threads: 2 });
    const { inputs, constants } = headCase({ rows: 5, width: 4, vocabulary: 7 });
    const weight = tf.variable(tensorOf(inputs.weight!) as tf.Tensor2D);
    const hidden = tf.variable(tensorOf(inputs.hidden!) as tf.Tensor2D);
    const targets = tensorOf(constants!.targets!) as tf.Tensor1D;
    const { numTensors } = tf.memory();
    const { value, grads } = tf.variableGrads(
      () => tokenScores(hidden, weight, targets, { frozen: true }).logprobs.sum() as tf.Scalar,
      [hidden, weight],
    );
    expect(grads[hidden.name]?.shape).toEqual([5, 4]);
    expect(grads[weight.name] ?? null).toBeNull();
    for (const tensor of [value, grads[hidden.name]]) tensor?.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(weight.dataSync()).toEqual(inputs.weight!.values);
  },
);
