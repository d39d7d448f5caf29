import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  brainsToFloats,
  floatsToBrains,
  floatsToHalves,
  fromHalf,
  halvesToFloats,
} from './half-floats.ts';

const every16 = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const isNan = (bits: number, infinity: number): boolean => (bits & 0x7fff) > infinity;

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer);
const floatOf = (bits: readonly number[]): Float32Array =>
  new Float32Array(Uint32Array.from(bits).buffer);
const hex = (text: string, digits: number): number[] =>
  (text.match(new RegExp(`.{${digits}}`, 'g')) ?? []).map((part) => Number.parseInt(part, 16));

test('every float16 survives float32, NaN payloads too', () => {
  expect(floatsToHalves(halvesToFloats(every16))).toEqual(every16);
});

test('every bfloat16 survives float32; NaN becomes quiet', () => {
  const back = floatsToBrains(brainsToFloats(every16));
  expect(back).toEqual(every16.map((bits) => (isNan(bits, 0x7f80) ? bits | 0x40 : bits)));
});

test.each([
  [0x0000, 0],
  [0x8000, -0],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3c00, 1],
  [0x3555, 1365 / 4096],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
])('float16 %i is %d', (bits, value) => {
  expect(fromHalf(bits)).toBe(value);
});

/**
 * Rounding is monotonic, so it is right everywhere if it is right at the middle of each pair of neighbours and at the
 * float32 on either side of it. The middles are exact in float32: they need one bit more than the neighbours.
 */
const assertNearestEven = (
  finite: number,
  widen: (bits: Uint16Array) => Float32Array,
  narrow: (values: Float32Array) => Uint16Array,
): void => {
  const lower = every16.subarray(0, finite);
  const values = Array.from(widen(lower));
  const middles = Float32Array.from(values, (value, i) =>
    i + 1 < values.length ? (value + values[i + 1]!) / 2 : value,
  ).subarray(0, finite - 1);
  const at = (step: number) =>
    narrow(new Float32Array(bitsOf(middles.slice()).map((b) => b + step).buffer));
  expect(at(-1)).toEqual(lower.slice(0, finite - 1));
  expect(at(1)).toEqual(every16.slice(1, finite));
  expect(at(0)).toEqual(lower.slice(0, finite - 1).map((bits) => bits + (bits & 1)));
  const negative = narrow(middles.map((value) => -value));
  expect(negative).toEqual(at(0).map((bits) => bits | 0x8000));
};

test('rounds to the nearest, ties to even, between all neighbours', () => {
  assertNearestEven(0x7c00, halvesToFloats, floatsToHalves);
  assertNearestEven(0x7f80, brainsToFloats, floatsToBrains);
});

test('too large becomes infinity, and only then', () => {
  const halves = floatsToHalves(Float32Array.of(65519.99609375, 65520, -65520, 3.4e38));
  expect([...halves]).toEqual([0x7bff, 0x7c00, 0xfc00, 0x7c00]);
  const brains = floatsToBrains(floatOf([0x7f7f7fff, 0x7f7f8000, 0xff7fffff]));
  expect([...brains]).toEqual([0x7f7f, 0x7f80, 0xff80]);
});

test('rounds as NumPy and ml_dtypes do', () => {
  const file = new URL('fixtures/rounded.json', import.meta.url);
  const theirs = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const values = floatOf(hex(theirs.float32!, 8));
  expect(values.length).toBe(328);
  expect([...floatsToHalves(values)]).toEqual(hex(theirs.float16!, 4));
  // ml_dtypes drops a NaN's payload, GGML and we keep it
  const brains = [...floatsToBrains(values)].map((bits) =>
    isNan(bits, 0x7f80) ? (bits & 0x8000) | 0x7fc0 : bits,
  );
  expect(brains).toEqual(hex(theirs.bfloat16!, 4));
});

test('a view into a larger array converts its own part', () => {
  const all = Float32Array.of(9, 1, 2, 9);
  expect([...floatsToHalves(all.subarray(1, 3))]).toEqual([0x3c00, 0x4000]);
  expect([...floatsToBrains(all.subarray(1, 3))]).toEqual([0x3f80, 0x4000]);
});
