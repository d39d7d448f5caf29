import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openSafetensors } from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with a header and a number of bytes of data, 0 1 2 …; `length` where the header lies about itself. */
const fileOf = (header: unknown, dataBytes: number, length?: bigint): string => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  const file = join(folder, 'made.safetensors');
  writeFileSync(file, Buffer.concat([size, text, Uint8Array.from(Array(dataBytes).keys())]));
  return file;
};

const entry = (dtype: string, shape: readonly unknown[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test('reads a file that the Python library wrote', () => {
  const file = openSafetensors(
    fileURLToPath(new URL('fixtures/python.safetensors', import.meta.url)),
  );
  const wanted = [0.1, -2.5, 65504, 1e-8, 6e-5, 3.25];
  expect(file.metadata).toEqual({ format: 'np' });
  expect(file.read('float')).toEqual(Float32Array.from(wanted));
  expect([...file.read('half')]).toEqual([
    0.0999755859375, -2.5, 65504, 0, 6.002187728881836e-5, 3.25,
  ]);
  expect([...file.read('brain')]).toEqual([
    0.10009765625, -2.5, 65536, 1.0011717677116394e-8, 6.008148193359375e-5, 3.25,
  ]);
  expect(file.read('wide')).toEqual(Float32Array.of(0.1));
  expect([...file.read('bytes')]).toEqual([0, 255, 7]);
  expect([...file.read('place')]).toEqual([7]);
  expect([...file.read('count')]).toEqual([3, -(2 ** 40)]);
  expect(file.read('none').length).toBe(0);
  expect(file.tensors.get('none')).toMatchObject({ name: 'none', shape: [0, 4], dtype: 'F32' });
  expect(file.tensors.get('place')?.shape).toEqual([]);
  expect([...file.readBytes('place')]).toEqual([7, 0, 0, 0]);
  file.close();
});

test('a closed file is not read, and closing twice is nothing', () => {
  const file = openSafetensors(fileOf({ a: entry('U8', [2], 0, 2) }, 2));
  file.close();
  file.close();
  expect(() => file.read('a')).toThrow('made.safetensors is closed');
});

test('names are only names', () => {
  const file = openSafetensors(
    fileOf(
      '{"__metadata__":{"__proto__":"text","constructor":"c"},"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}',
      2,
    ),
  );
  expect([...file.tensors.keys()]).toEqual(['__proto__', 'constructor']);
  expect([...file.read('constructor')]).toEqual([1]);
  expect(Object.entries(file.metadata)).toEqual([
    ['__proto__', 'text'],
    ['constructor', 'c'],
  ]);
  expect(() => file.read('toString')).toThrow('has no tensor toString');
  file.close();
});

test('an integer that float32 does not hold is not changed in silence', () => {
  const file = fileOf({ a: entry('I32', [2], 0, 8), b: entry('I64', [1], 8, 16) }, 16);
  const opened = openSafetensors(file);
  expect(() => opened.read('a')).toThrow(
    /made.safetensors: tensor a: value 1 is 117835012.*readBytes/,
  );
  expect(() => opened.read('b')).toThrow('tensor b: value 0 is 1084818905618843912');
  expect([...opened.readBytes('a')]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  opened.close();
});

test.each<[string, unknown, number, string]>([
  ['not JSON', '{"a":', 0, 'JSON'],
  ['not an object', [], 0, 'must be an object: []'],
  ['null', 'null', 0, 'must be an object: null'],
  ['a tensor that is no object', { a: 3 }, 0, 'tensor a is 3: '],
  [
    'a name twice',
    '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
    1,
    '"a" is given twice',
  ],
  ['an unknown dtype', { a: entry('F8_E4M3', [1], 0, 1) }, 1, 'tensor a is {"dtype":"F8_E4M3"'],
  ['a dtype of every object', { a: entry('toString', [1], 0, 1) }, 1, 'dtype'],
  ['a negative size', { a: entry('U8', [-1], 0, 1) }, 1, '"shape":[-1]'],
  ['a fractional size', { a: entry('U8', [0.5, 2], 0, 1) }, 1, '"shape":[0.5,2]'],
  ['a size that is text', { a: entry('U8', ['1'], 0, 1) }, 1, 'shape.0'],
  [
    'a huge shape',
    { a: entry('U8', [2 ** 30, 2 ** 30], 0, 1) },
    1,
    'no tensor has the shape [1073741824,1073741824]',
  ],
  [
    'a huge shape times nothing',
    { a: entry('U8', [2 ** 30, 2 ** 30, 0], 0, 0) },
    0,
    'no tensor has the shape',
  ],
  [
    'too few bytes for the shape',
    { a: entry('F32', [2], 0, 4) },
    4,
    'its shape needs 8 bytes, its offsets give it 4',
  ],
  ['beyond the file', { a: entry('F32', [2], 0, 8) }, 7, 'it lies at 0 to 8, and the file holds 7'],
  ['backwards', { a: entry('U8', [0], 1, 0) }, 1, 'it lies at 1 to 0'],
  [
    'overlap',
    { a: entry('U8', [4], 0, 4), b: entry('U8', [4], 2, 6) },
    6,
    'tensor b begins at 2, the one before it ends at 4',
  ],
  ['a gap', { a: entry('U8', [1], 0, 1), b: entry('U8', [1], 2, 3) }, 3, 'tensor b begins at 2'],
  ['bytes left over', { a: entry('U8', [1], 0, 1) }, 3, '3 bytes of data, the tensors end at 1'],
  ['metadata that is no text', { __metadata__: { step: 3 } }, 0, '["step",3]'],
  ['metadata that is a list', { __metadata__: [] }, 0, '__metadata__ must map strings'],
])('%s is refused', (_, header, dataBytes, message) => {
  const file = fileOf(header, dataBytes);
  expect(() => openSafetensors(file)).toThrow(message);
  expect(() => openSafetensors(file)).toThrow(file);
});

test('a file that is cut short, or whose header is too long, is refused', () => {
  const header = { a: entry('U8', [1], 0, 1) };
  expect(() => openSafetensors(fileOf(header, 1, 500n))).toThrow('length is 500 bytes');
  expect(() => openSafetensors(fileOf(header, 1, 100_000_001n))).toThrow('at most 100000000');
  expect(() => openSafetensors(fileOf(header, 1, 2n ** 63n))).toThrow(
    'length is 9223372036854775808',
  );
  expect(() => openSafetensors(fileOf(Buffer.from([0xff]).toString('latin1'), 0))).toThrow('JSON');
  const short = join(folder, 'short.safetensors');
  writeFileSync(short, 'seven b');
  expect(() => openSafetensors(short)).toThrow('it has 7 bytes');
  expect(() => openSafetensors(join(folder, 'none'))).toThrow('ENOENT');
});

test('a header is UTF-8', () => {
  const file = join(folder, 'latin.safetensors');
  writeFileSync(file, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff]));
  expect(() => openSafetensors(file)).toThrow('not valid');
});
