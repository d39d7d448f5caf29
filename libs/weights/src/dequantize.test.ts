import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dequantize, quantizations } from './dequantize.ts';

/** Bytes of a block; [index, byte] pairs over zeros. */
const block = (length: number, ...bytes: readonly (readonly [number, number])[]): Uint8Array => {
  const raw = new Uint8Array(length);
  for (const [at, byte] of bytes) raw[at] = byte;
  return raw;
};

/** High bytes of float16: 1, 2, 0.5. */
const [one, two, half] = [0x3c, 0x40, 0x38];

test('q8_0: scale times signed bytes', () => {
  const values = dequantize('Q8_0', block(34, [1, half], [2, 3], [3, 0xff], [33, 0x80]));
  expect([values[0], values[1], values[2], values[31]]).toEqual([1.5, -0.5, 0, -64]);
});

test('q4_0: low nibbles first, then high ones, each less 8', () => {
  const values = dequantize('Q4_0', block(18, [1, two], [2, 0xf0], [17, 0x19]));
  expect([values[0], values[16], values[15], values[31]]).toEqual([-16, 14, 2, -14]);
});

test('q4_1: scale times nibble plus minimum', () => {
  const values = dequantize('Q4_1', block(20, [1, two], [3, one], [4, 0xf3]));
  expect([values[0], values[16], values[1]]).toEqual([7, 31, 1]);
});

test('q5_0: the fifth bit adds 16, each less 16', () => {
  const values = dequantize('Q5_0', block(22, [1, one], [2, 1], [5, 0x80], [6, 0x05], [21, 0x20]));
  expect([values[0], values[31], values[16], values[1]]).toEqual([5, 2, -16, -16]);
});

test('q5_1: five bits times scale plus minimum', () => {
  const values = dequantize('Q5_1', block(24, [1, one], [3, half], [4, 2], [9, 0x41]));
  expect([values[1], values[17], values[0]]).toEqual([17.5, 4.5, 0.5]);
});

test('q4_K: pairs of six bits; the last four take their upper bits from the first bytes', () => {
  const values = dequantize(
    'Q4_K',
    // pair 0: scale 3, minimum 5; pair 7: scale 0b10_0001, minimum 0b01_0010
    block(
      144,
      [1, one],
      [3, half],
      [4, 3],
      [8, 5],
      [7, 0x80],
      [11, 0x40],
      [15, 0x21],
      [16, 0x04],
      [143, 0x20],
    ),
  );
  expect([values[0], values[1]]).toEqual([3 * 4 - 2.5, -2.5]);
  expect([values[255], values[254]]).toEqual([33 * 2 - 9, -9]);
});

test('q5_K: bit j of the fifth bits belongs to the values of pair j', () => {
  const values = dequantize('Q5_K', block(176, [1, one], [4, 2], [5, 3], [16, 2], [48, 0x71]));
  expect([values[0], values[32], values[1]]).toEqual([2 * 1, 3 * (16 + 7), 0]);
});

test('q6_K: four low bits, two upper ones, less 32, times a signed scale of 16 values', () => {
  const values = dequantize(
    'Q6_K',
    block(
      210,
      [209, half],
      [192, 2],
      [207, 0xfe],
      [0, 0x05],
      [128, 0b01],
      [127, 0xa0],
      [191, 0xc0],
    ),
  );
  expect(values[0]).toBe((5 + 16 - 32) * 1);
  expect(values[255]).toBe((10 + 48 - 32) * -1);
  expect([values[1], values[16]]).toEqual([-32, -0]);
});

const fixture = JSON.parse(
  readFileSync(new URL('fixtures/gguf-blocks.json', import.meta.url), 'utf8'),
) as { types: Record<string, { bytes: string; values: string }> };

test.each(Object.keys(quantizations))('%s is bit for bit what the gguf package reads', (type) => {
  const { bytes, values } = fixture.types[type]!;
  const ours = dequantize(type, Buffer.from(bytes, 'base64'));
  const theirs = new Float32Array(new Uint8Array(Buffer.from(values, 'base64')).buffer);
  expect(ours.length % quantizations[type]!.values).toBe(0);
  // -0 and 0 differ in Object.is, so equal values are equal bits
  expect(ours).toEqual(theirs);
});

test('plain types, at any place in memory', () => {
  const raw = Uint8Array.of(0, 0, 0, 0xc0, 0x3f, 0, 0x3c, 0x80, 0xbf);
  expect([...dequantize('F32', raw.subarray(1, 5))]).toEqual([1.5]);
  expect([...dequantize('F16', raw.subarray(5, 7))]).toEqual([1]);
  expect([...dequantize('BF16', raw.subarray(7, 9))]).toEqual([-1]);
});

test('unknown types and parts of blocks throw', () => {
  expect(() => dequantize('IQ2_XS', new Uint8Array(74))).toThrow('type IQ2_XS are not read; F32');
  expect(() => dequantize('toString', new Uint8Array(1))).toThrow('toString');
  expect(() => dequantize('Q8_0', new Uint8Array(35))).toThrow('35 bytes of Q8_0');
});
