import { expect, test } from 'vitest';
import { unpermuteRope } from './rope.ts';

test('two heads of four rows: llama.cpp stores rows 0 2 1 3 of each', () => {
  const stored = Float32Array.of(0, 0, 2, 2, 1, 1, 3, 3, 4, 4, 6, 6, 5, 5, 7, 7);
  const rows = unpermuteRope(stored, { heads: 2, headDim: 4, columns: 2 });
  expect([...rows]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
});

/** reshape(heads, 2, headDim / 2, columns).swapaxes(1, 2), as the converter writes it. */
const permuted = (rows: readonly number[], heads: number, headDim: number): number[] => {
  const half = headDim / 2;
  const out: number[] = [];
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < half; i++)
      for (let side = 0; side < 2; side++) out.push(rows[head * headDim + side * half + i]!);
  return out;
};

test('undoes the permutation of the converter', () => {
  const rows = Array.from({ length: 3 * 64 }, (_, i) => i);
  const back = unpermuteRope(Float32Array.from(permuted(rows, 3, 64)), {
    heads: 3,
    headDim: 64,
    columns: 1,
  });
  expect([...back]).toEqual(rows);
});

test('a wrong size and an odd head throw', () => {
  const values = new Float32Array(12);
  expect(() => unpermuteRope(values, { heads: 2, headDim: 4, columns: 2 })).toThrow('12 values');
  expect(() => unpermuteRope(values, { heads: 2, headDim: 3, columns: 2 })).toThrow('even');
});
