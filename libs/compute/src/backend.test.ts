import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { type CoaBackend, fusedBackend } from './backend.ts';
import { floats, relativeError, tensorOf } from './numbers.test-data.ts';
import { openCompute } from './open-compute.ts';
import { causalAttention, ropeTables } from './ops/attention.ts';
import { embedding } from './ops/embedding.ts';
import { tokenScores } from './ops/head.ts';
import { linear } from './ops/linear.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { swiglu } from './ops/swiglu.ts';
import { ourBackends } from './our-backends.test-data.ts';

const backendNow = (): CoaBackend => fusedBackend()!;

const make = (shape: readonly number[], seed: number): tf.Tensor2D =>
  tensorOf(floats(shape, seed)) as tf.Tensor2D;

const ints = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], 'int32');

/** All ops once, one layer deep. */
const network = (vocabulary: number, length: number) => {
  const parameters = {
    table: make([vocabulary, 12], 1),
    norm: make([1, 12], 2).reshape([12]) as tf.Tensor1D,
    qkv: make([24, 12], 3),
    bias: make([1, 24], 4).reshape([24]) as tf.Tensor1D,
    out: make([12, 12], 5),
    gateUp: make([20, 12], 6),
    down: make([12, 10], 7),
  };
  const order = Array.from({ length }, (_, i) => i);
  const ids = ints(order.map((i) => (i * 5) % vocabulary));
  const targets = ints(order.map((i) => (i * 7 + 1) % vocabulary));
  const places = { batch: 1, positions: ints(order), first: ints(order.map(() => 0)) };
  const rope = ropeTables(length, 4, 100);
  const shape = { heads: 3, kvHeads: 1, headDim: 4 };
  const loss = ({ table, norm, qkv, bias, out, gateUp, down }: typeof parameters): tf.Scalar => {
    const x = embedding(table, ids);
    const heads = linear(rmsNorm(x, norm, 1e-5), qkv.slice([0, 0], [20, 12]), {
      bias: bias.slice(0, 20),
    });
    const y = linear(causalAttention(heads, rope, places, shape), out, { residual: x });
    const z = linear(swiglu(linear(rmsNorm(y, norm, 1e-5), gateUp)), down, { residual: y });
    return tokenScores(z, table, targets).logprobs.mean().neg() as tf.Scalar;
  };
  return { parameters, loss };
};

describe.each(ourBackends)('%s', (backend) => {
  beforeEach(async () => {
    await openCompute({ backend, threads: 2 });
  });

  const flat = (steps: number, step: () => void): void => {
    for (let i = 0; i < 3; i++) step();
    const before = { ...backendNow().memoryUse(), numTensors: tf.memory().numTensors };
    for (let i = 0; i < steps; i++) step();
    expect({ ...backendNow().memoryUse(), numTensors: tf.memory().numTensors }).toEqual(before);
  };

  test('200 forward and backward passes leave memory as it was', () => {
    const x = make([9, 18], 1);
    const weight = make([20, 18], 2);
    const slopes = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) =>
      swiglu(linear(a as tf.Tensor2D, b as tf.Tensor2D)).sum(),
    );
    flat(200, () => {
      const { value, grads } = slopes([x, weight]);
      for (const tensor of [value, ...grads]) tensor.dispose();
    });
    for (const tensor of [x, weight]) tensor.dispose();
  });

  const names = ['table', 'norm', 'qkv', 'bias', 'out', 'gateUp', 'down'] as const;

  test.each([['all', names], ...names.map((name) => [name, [name]] as const)] as const)(
    'and so do those of a layer, with gradients of %s',
    (_, wanted) => {
      const { parameters, loss } = network(11, 9);
      const slopes = tf.valueAndGrads((...values: tf.Tensor[]) =>
        loss({
          ...parameters,
          ...Object.fromEntries(wanted.map((name, i) => [name, values[i]!])),
        }),
      );
      flat(20, () => {
        const { value, grads } = slopes(wanted.map((name) => parameters[name]));
        for (const tensor of [value, ...grads]) tensor.dispose();
      });
    },
  );

  test('what is disposed of is free again', () => {
    const { used, tensors } = backendNow().memoryUse();
    const made = [make([5, 6], 1), make([7, 6], 2)] as const;
    const product = linear(...made);
    expect(backendNow().memoryUse()).toMatchObject({
      used: used + 128 + 192 + 192,
      tensors: tensors + 3,
    });
    for (const tensor of [...made, product]) tensor.dispose();
    expect(backendNow().memoryUse()).toMatchObject({ used, tensors });
  });

  test('dataSync gives a copy', () => {
    const [x, weight] = [make([5, 6], 1), make([7, 6], 2)];
    const product = linear(x, weight);
    const values = product.dataSync();
    const before = values.slice();
    product.dispose();
    // takes the same memory
    const other = linear(make([5, 6], 8), weight);
    expect(other.dataSync()).not.toEqual(before);
    expect(values).toEqual(before);
  });

  test('writing to what dataSync gave changes no tensor', () => {
    const product = linear(make([5, 6], 1), make([7, 6], 2));
    const before = product.dataSync().slice();
    product.dataSync().fill(7);
    expect(product.dataSync()).toEqual(before);
  });

  test.each<[string, (x: tf.Tensor2D) => tf.Tensor | tf.Tensor[]]>([
    ['slice', (x) => x.slice([1, 0], [3, 7])],
    ['unstack', (x) => tf.unstack(x)],
    ['split', (x) => tf.split(x, 5, 0)],
    ['reshape', (x) => x.reshape([7, 5])],
    ['clone', (x) => x.clone()],
    ['gather', (x) => tf.gather(x, ints([4, 0]))],
    ['reverse', (x) => x.reverse(0)],
    ['cast', (x) => x.cast('int32')],
    ['expandDims', (x) => x.expandDims(0)],
    ['transpose', (x) => x.transpose()],
  ])('a %s survives its source', (_, cut) => {
    const [a, weight] = [make([5, 6], 1), make([7, 6], 2)];
    const source = linear(a, weight);
    const parts = [cut(source)].flat();
    const before = parts.map((part) => part.dataSync().slice());
    source.dispose();
    linear(make([5, 6], 9), weight);
    expect(parts.map((part) => part.dataSync())).toEqual(before);
  });

  test('tensors cross into kernels from every way that tfjs makes them', () => {
    const weight = tf.eye(4) as tf.Tensor2D;
    const sources: tf.Tensor2D[] = [
      tf.ones([3, 4]),
      tf.fill([3, 4], 2),
      tf.range(0, 12).reshape([3, 4]),
      tf.concat([tf.zeros([1, 4]), tf.ones([2, 4])]) as tf.Tensor2D,
      tf.oneHot(ints([1, 0, 3]), 4).cast('float32') as tf.Tensor2D,
      tf.range(0, 12, 1, 'int32').greater(5).cast('float32').reshape([3, 4]),
      tf.tensor2d([[1, 2, 3, 4]]).tile([3, 1]),
      tf
        .tensor2d([[1, 2, 3, 4]])
        .square()
        .exp() as tf.Tensor2D,
    ];
    for (const x of sources) expect([...linear(x, weight).dataSync()]).toEqual([...x.dataSync()]);
  });

  test('numbers that tfjs casts are themselves, before and after kernels saw them', () => {
    const ids = ints([3, 1, 2]);
    const table = make([4, 4], 3);
    const scaled = ids.cast('float32').expandDims(1).tile([1, 4]) as tf.Tensor2D;
    expect([...linear(scaled, tf.eye(4)).dataSync()]).toEqual([3, 3, 3, 3, 1, 1, 1, 1, 2, 2, 2, 2]);
    embedding(table, ids);
    const again = ids.cast('float32').reshape([1, 3]) as tf.Tensor2D;
    expect([...linear(again, tf.eye(3)).dataSync()]).toEqual([3, 1, 2]);
    expect([...ids.dataSync()]).toEqual([3, 1, 2]);
    expect(ids.greater(1).cast('int32').dataSync()).toEqual(Int32Array.of(1, 0, 1));
    const flags = ids.greater(1).cast('int32') as tf.Tensor1D;
    expect([...embedding(table, flags).dataSync()]).toEqual([
      ...tf.gather(table, flags).dataSync(),
    ]);
  });

  test('a tensor that a kernel cannot take is named by its type', () => {
    const x = tf.tensor2d([[true, false]], undefined, 'bool');
    expect(() => linear(x, tf.eye(2))).toThrow('tensor of bool');
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('matMul of tfjs, transposed %s and %s', async (left, right) => {
    const multiply = (): Float32Array[] =>
      tf.tidy(() => {
        const a = make(left ? [34, 17] : [17, 34], 1);
        const b = make(right ? [10, 34] : [34, 10], 2);
        const batched = tf.matMul(tf.stack([a, a.neg()]), tf.stack([b, b.square()]), left, right);
        const spread = tf.matMul(tf.stack([a, a.neg()]), b.expandDims(0), left, right);
        const results = [tf.matMul(a, b, left, right), batched, spread];
        return results.map((result) => result.dataSync()) as never;
      });
    const ours = multiply();
    await openCompute({ backend: 'plain' });
    multiply().forEach((expected, i) => {
      expect(relativeError(ours[i]!, expected)).toBeLessThan(1e-6);
    });
  });

  test('add of tfjs, of one shape, of two and of integers', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    expect([...x.add(x).dataSync()]).toEqual([2, 4, 6, 8]);
    expect([...x.add(tf.tensor1d([10, 20])).dataSync()]).toEqual([11, 22, 13, 24]);
    expect([...x.cast('int32').add(x.cast('int32')).dataSync()]).toEqual([2, 4, 6, 8]);
    expect([
      ...ints([2 ** 30 + 1])
        .add(ints([1]))
        .dataSync(),
    ]).toEqual([2 ** 30 + 2]);
  });

  test('memory that would pass the limit is refused, and what was there stays', () => {
    const x = make([3, 4], 1);
    const before = backendNow().memoryUse();
    expect(() => backendNow().output([2 ** 22, 2 ** 22])).toThrow(/past its limit of .* GiB/);
    expect(backendNow().memoryUse()).toEqual(before);
    expect(linear(x, tf.eye(4)).dataSync()).toEqual(x.dataSync());
  });
});

test('two backends of ours hold tensors side by side', async () => {
  const results: Float32Array[] = [];
  const kept: tf.Tensor[] = [];
  for (const backend of ourBackends) {
    await openCompute({ backend, threads: 2 });
    kept.push(linear(make([17, 6], 1), make([7, 6], 2)));
  }
  for (const tensor of kept) results.push((await tensor.data()) as Float32Array);
  for (const result of results) expect(relativeError(result, results[0]!)).toBeLessThan(1e-6);
  for (const tensor of kept) tensor.dispose();
});
