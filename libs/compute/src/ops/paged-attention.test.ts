import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { floats, type Plain, relativeError, sameBits, tensorOf } from '../numbers.test-data.ts';
import { openCompute } from '../open-compute.ts';
import { ourBackends } from '../our-backends.test-data.ts';
import { causalAttention, type HeadShape, ropeTables } from './attention.ts';
import {
  copyPage,
  type KvPages,
  openKvPages,
  pagedAttention,
  pageSize,
} from './paged-attention.ts';

const ints = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], 'int32');

/** One row of a call: the token at a position of a sequence. */
type Row = { readonly sequence: number; readonly position: number };

type Setting = {
  readonly shape: HeadShape;
  readonly pages: KvPages;
  /** Pages of each sequence. */
  readonly tables: readonly (readonly number[])[];
  /** qkv of each sequence. */
  readonly contexts: readonly Plain[];
};

/** Outputs of the rows, in one call. */
const attend = (
  { shape, pages, tables, contexts }: Setting,
  rows: readonly Row[],
): Float32Array[] =>
  tf.tidy(() => {
    const width = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
    const values = rows.flatMap(({ sequence, position }) =>
      Array.from(contexts[sequence]!.values.subarray(position * width, (position + 1) * width)),
    );
    const places = {
      positions: ints(rows.map(({ position }) => position)),
      sequences: ints(rows.map(({ sequence }) => sequence)),
      tables: tf.tensor2d(
        tables.map((table) => [...table]),
        undefined,
        'int32',
      ),
      last: Math.max(...rows.map(({ position }) => position)),
    };
    const qkv = tf.tensor2d(values, [rows.length, width]);
    const output = pagedAttention(qkv, ropeTables(100, shape.headDim, 100), pages, places, shape);
    const flat = output.dataSync() as Float32Array;
    const outputs = flat.length / rows.length;
    return rows.map((_, i) => flat.slice(i * outputs, (i + 1) * outputs)) as never;
  });

const rowsOf = (sequence: number, from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ sequence, position: from + i }));

const joined = (rows: readonly Float32Array[]): Float32Array =>
  Float32Array.from(rows.flatMap((row) => [...row]));

/** causalAttention's outputs for a whole context. */
const whole = ({ values }: Plain, shape: HeadShape): Float32Array =>
  tf.tidy(() => {
    const width = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
    const length = values.length / width;
    const positions = ints(rowsOf(0, 0, length).map(({ position }) => position));
    const places = { batch: 1, positions, first: ints(new Array<number>(length).fill(0)) };
    const qkv = tf.tensor2d(values as Float32Array, [length, width]);
    const output = causalAttention(qkv, ropeTables(100, shape.headDim, 100), places, shape);
    return output.dataSync() as never;
  });

const shapes: HeadShape[] = [
  { heads: 4, kvHeads: 2, headDim: 10 },
  { heads: 3, kvHeads: 3, headDim: 2 },
  { heads: 6, kvHeads: 1, headDim: 34 },
];
/** Five full pages and a part of a sixth; three tokens; exactly one page. */
const lengths = [87, 3, 16];
const contextsOf = ({ heads, kvHeads, headDim }: HeadShape): Plain[] =>
  lengths.map((length, i) => floats([length, (heads + 2 * kvHeads) * headDim], 20 + i));

/** Pages that hold garbage, in an order of their own. */
const settingOf = (shape: HeadShape): Setting => {
  const pages = openKvPages(9, shape);
  const garbage = floats([9 * pageSize, shape.kvHeads * shape.headDim], 30, 50);
  for (const variable of [pages.keys, pages.values]) variable.assign(tensorOf(garbage));
  const tables = [
    [7, 2, 5, 0, 3, 8],
    [1, 0, 0, 0, 0, 0],
    [4, 0, 0, 0, 0, 0],
  ];
  return { shape, pages, tables, contexts: contextsOf(shape) };
};

/** Cut into calls: [from, to) of each. */
const cutsOf = (length: number, cuts: readonly number[]): [number, number][] =>
  [0, ...cuts].map((from, i) => [from, cuts[i] ?? length]);

describe.each(ourBackends)('%s', (backend) => {
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
  });

  describe.each(shapes)('$heads heads over $kvHeads of $headDim', (shape) => {
    const inOneCall = (): Float32Array => joined(attend(settingOf(shape), rowsOf(0, 0, 87)));

    test.each([
      ['in 3 cuts', cutsOf(87, [16, 65])],
      ['in cuts inside pages', cutsOf(87, [1, 30, 31, 86])],
      [
        'token by token',
        cutsOf(
          87,
          Array.from({ length: 86 }, (_, i) => i + 1),
        ),
      ],
    ])('a context written %s has the bits of one written in one call', (_, cuts) => {
      const setting = settingOf(shape);
      const outputs = cuts.flatMap(([from, to]) => attend(setting, rowsOf(0, from, to)));
      expect(sameBits(joined(outputs), inOneCall())).toBe(true);
    });

    test('nor do other sequences in the call matter', () => {
      const setting = settingOf(shape);
      const others = [...rowsOf(1, 0, 3), ...rowsOf(2, 0, 16)];
      const first = attend(setting, [...others, ...rowsOf(0, 0, 85)]).slice(others.length);
      // the last two tokens beside one token each of the others: no two rows share a sequence
      const last = [85, 86].map(
        (position) =>
          attend(setting, [
            { sequence: 2, position: 15 },
            { sequence: 0, position },
            { sequence: 1, position: 2 },
          ])[1]!,
      );
      expect(sameBits(joined([...first, ...last]), inOneCall())).toBe(true);
    });

    test('all sequences agree with causalAttention', () => {
      const setting = settingOf(shape);
      const rows = lengths.flatMap((length, sequence) => rowsOf(sequence, 0, length));
      const outputs = attend(setting, rows);
      lengths.forEach((_, sequence) => {
        const own = joined(outputs.filter((_row, i) => rows[i]!.sequence === sequence));
        const expected = whole(setting.contexts[sequence]!, shape);
        expect(relativeError(own, expected)).toBeLessThan(1e-5);
      });
    });

    test('and with the plain twin', async () => {
      const rows = [...rowsOf(1, 0, 3), ...rowsOf(0, 0, 50), ...rowsOf(2, 0, 16)];
      const fused = attend(settingOf(shape), rows);
      await openCompute({ backend: 'plain' });
      const expected = attend(settingOf(shape), rows);
      await openCompute({ backend, threads: 2 });
      expect(relativeError(joined(fused), joined(expected))).toBeLessThan(1e-5);
    });

    test('threads do not matter', async () => {
      const byThreads: Float32Array[] = [];
      for (const threads of [1, 2, 3]) {
        await openCompute({ backend, threads });
        byThreads.push(inOneCall());
      }
      await openCompute({ backend, threads: 2 });
      expect(byThreads.map((bits) => sameBits(bits, byThreads[0]!))).toEqual([true, true, true]);
    });
  });

  /** Sequence 1 begins with the first `shared` tokens of sequence 0, then goes its own way. */
  const fork = (shape: HeadShape, shared: number): Setting => {
    const setting = settingOf(shape);
    const [first, , third] = setting.contexts;
    const width = first!.shape[1]!;
    const own = third!.values.subarray(0, 10 * width);
    const values = Float32Array.from([...first!.values.subarray(0, shared * width), ...own]);
    const fork = { shape: [shared + 10, width], values };
    return { ...setting, contexts: [first!, fork] };
  };

  test('sequences share full pages through their tables', () => {
    const [shape] = shapes as [HeadShape];
    const setting = {
      ...fork(shape, 32),
      tables: [
        [7, 2, 5, 0, 3, 8],
        [7, 2, 6, 1, 1, 1],
      ],
    };
    const before = attend(setting, rowsOf(0, 0, 87));
    const forked = attend(setting, rowsOf(1, 32, 42));
    const expected = whole(setting.contexts[1]!, shape).subarray(-10 * forked[0]!.length);
    expect(relativeError(joined(forked), expected)).toBeLessThan(1e-5);
    expect(sameBits(attend(setting, rowsOf(0, 86, 87))[0]!, before[86]!)).toBe(true);
  });

  test('a half-full page is copied, and then each sequence writes its own', () => {
    const [shape] = shapes as [HeadShape];
    const setting = {
      ...fork(shape, 21),
      tables: [
        [7, 2, 5, 0, 3, 8],
        [7, 6, 1, 1, 1, 1],
      ],
    };
    attend(setting, rowsOf(0, 0, 21));
    copyPage(setting.pages, 2, 6);
    const forked = attend(setting, rowsOf(1, 21, 31));
    const rest = attend(setting, rowsOf(0, 21, 87));
    const alone = settingOf(shape);
    const expected = attend({ ...alone, contexts: setting.contexts.slice(1) }, rowsOf(0, 0, 31));
    expect(sameBits(joined(forked), joined(expected.slice(21)))).toBe(true);
    expect(
      sameBits(joined(rest), joined(attend(settingOf(shape), rowsOf(0, 0, 87)).slice(21))),
    ).toBe(true);
  });

  test('copyPage copies one page of keys and values and leaves the others', () => {
    const pages = openKvPages(3, { heads: 1, kvHeads: 1, headDim: 2 });
    const [keys, values] = [floats([48, 2], 40), floats([48, 2], 41)];
    pages.keys.assign(tensorOf(keys));
    pages.values.assign(tensorOf(values));
    copyPage(pages, 0, 2);
    for (const [variable, before] of [
      [pages.keys, keys],
      [pages.values, values],
    ] as const) {
      const expected = Float32Array.from(before.values);
      expected.copyWithin(64, 0, 32);
      expect([...variable.dataSync()]).toEqual([...expected]);
    }
  });
});

test('copyPage on plain tfjs', async () => {
  await openCompute({ backend: 'plain' });
  const pages = openKvPages(2, { heads: 1, kvHeads: 1, headDim: 2 });
  const keys = floats([32, 2], 42);
  pages.keys.assign(tensorOf(keys));
  copyPage(pages, 1, 0);
  const expected = Float32Array.from(keys.values).copyWithin(0, 32);
  expect([...pages.keys.dataSync()]).toEqual([...expected]);
});
