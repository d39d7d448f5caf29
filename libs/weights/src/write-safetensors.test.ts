import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TensorValues } from './dtypes.ts';
import { openSafetensors } from './safetensors.ts';
import { type NewTensor, type WriteOptions, writeSafetensors } from './write-safetensors.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coa-weights-'));
  file = join(folder, 'model.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

type Given = NewTensor & { readonly values: TensorValues };

const write = (tensors: readonly Given[], options: WriteOptions): void =>
  writeSafetensors(file, tensors, (name) => tensors.find((t) => t.name === name)!.values, options);

const six = Float32Array.of(0.1, -2.5, 65504, 1e-8, 6e-5, 3.25);

test('writes byte for byte what the Python library writes', () => {
  write(
    [
      { name: 'count', shape: [2], dtype: 'I64', values: BigInt64Array.of(3n, -(2n ** 40n)) },
      { name: 'wide', shape: [1], dtype: 'F64', values: Float64Array.of(0.1) },
      { name: 'float', shape: [2, 3], values: six },
      { name: 'none', shape: [0, 4], values: new Float32Array(0) },
      { name: 'place', shape: [], dtype: 'I32', values: Int32Array.of(7) },
      { name: 'brain', shape: [2, 3], dtype: 'BF16', values: six },
      { name: 'half', shape: [2, 3], dtype: 'F16', values: six },
      { name: 'bytes', shape: [3], dtype: 'U8', values: Uint8Array.of(0, 255, 7) },
    ],
    { dtype: 'F32', metadata: { format: 'np' } },
  );
  const theirs = new URL('fixtures/python.safetensors', import.meta.url);
  expect(readFileSync(file)).toEqual(readFileSync(theirs));
});

test.each(['F32', 'F16', 'BF16'] as const)('%s comes back, in the order given', (dtype) => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => (i - 500) / 64);
  write(
    [
      { name: 'b', shape: [10, 10], values: values.subarray(450, 550) },
      { name: '0', shape: [10, 100], values },
      { name: '__proto__', shape: [1], values: Float32Array.of(1) },
    ],
    { dtype },
  );
  const opened = openSafetensors(file);
  expect([...opened.tensors.keys()].sort()).toEqual(['0', '__proto__', 'b']);
  expect(readFileSync(file, 'latin1').indexOf('"b"')).toBeLessThan(20);
  expect(opened.tensors.get('b')).toMatchObject({ shape: [10, 10], dtype });
  // up to 8 significant bits in `b`: exact in every dtype
  expect(opened.read('b')).toEqual(values.slice(450, 550));
  if (dtype !== 'BF16') expect(opened.read('0')).toEqual(values);
  opened.close();
});

test('the widest dtype comes first, so that every tensor is aligned', () => {
  write(
    [
      { name: 'u', shape: [3], dtype: 'U8', values: Uint8Array.of(1, 2, 3) },
      { name: 'f', shape: [1], values: Float32Array.of(0.5) },
    ],
    { dtype: 'F32' },
  );
  const bytes = readFileSync(file);
  const header = bytes.readBigUInt64LE();
  expect(Number(header) % 8).toBe(0);
  expect([...bytes.subarray(8 + Number(header))]).toEqual([0, 0, 0, 0x3f, 1, 2, 3]);
});

test('the same input gives the same bytes, and nothing else stays in the folder', () => {
  const tensors = [{ name: 'a', shape: [2], values: Float32Array.of(1, 2) }];
  write(tensors, { dtype: 'F32', metadata: { b: '1', a: '2' } });
  const first = readFileSync(file);
  write(tensors, { dtype: 'F32', metadata: { b: '1', a: '2' } });
  expect(readFileSync(file)).toEqual(first);
  expect(readdirSync(folder)).toEqual(['model.safetensors']);
});

test('a failure leaves the file that was there', () => {
  writeFileSync(file, 'before');
  const tensors = [
    { name: 'a', shape: [1] },
    { name: 'b', shape: [1] },
  ];
  const fail = (name: string): Float32Array => {
    if (name === 'b') throw new Error('the disk of b');
    return Float32Array.of(1);
  };
  expect(() => writeSafetensors(file, tensors, fail, { dtype: 'F32' })).toThrow('the disk of b');
  expect(readFileSync(file, 'utf8')).toBe('before');
  expect(readdirSync(folder)).toEqual(['model.safetensors']);
});

test.each<[string, readonly Given[], string]>([
  [
    'a name twice',
    [
      { name: 'a', shape: [0], values: new Float32Array(0) },
      { name: 'a', shape: [0], values: new Float32Array(0) },
    ],
    'tensor a is given twice',
  ],
  [
    'a reserved name',
    [{ name: '__metadata__', shape: [0], values: new Float32Array(0) }],
    'no tensor can be named "__metadata__"',
  ],
  [
    'half a character',
    [{ name: '\ud800', shape: [0], values: new Float32Array(0) }],
    'no tensor can be named "\\ud800"',
  ],
  [
    'too few values',
    [{ name: 'a', shape: [2, 2], values: new Float32Array(3) }],
    'tensor a has 3 values; its shape [2,2] needs 4',
  ],
  [
    'an impossible shape',
    [{ name: 'a', shape: [1.5], values: new Float32Array(1) }],
    'no tensor has the shape [1.5]',
  ],
  [
    'the wrong array',
    [{ name: 'a', shape: [1], dtype: 'I32', values: new Float32Array(1) }],
    'tensor a: Float32Array given for I32',
  ],
  [
    'integers for floats',
    [{ name: 'a', shape: [1], values: new Int32Array(1) }],
    'tensor a: Int32Array given for BF16',
  ],
])('%s is refused, and no file appears', (_, tensors, message) => {
  expect(() => write(tensors, { dtype: 'BF16' })).toThrow(message);
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});
