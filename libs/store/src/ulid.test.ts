import { expect, test } from 'vitest';
import { isUlid, ulidAfter, ulidOf, ulidTime } from './ulid.ts';

test('a ULID is ten letters of time and sixteen of chance, in Crockford base 32', () => {
  // The example of the specification (github.com/ulid/spec).
  expect(ulidTime(1_469_918_176_385)).toBe('01ARYZ6S41');
  expect(ulidOf(0, new Uint8Array(10))).toBe('0'.repeat(26));
  expect(ulidOf(1, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 33))).toBe(
    '00000000010000000000000011',
  );
  expect(ulidOf(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe(`7${'Z'.repeat(25)}`);
});

test('times outside 48 bits and no time at all count as the nearer end', () => {
  expect([ulidTime(-5), ulidTime(Number.NaN)]).toEqual(['0000000000', '0000000000']);
  expect(ulidTime(2 ** 60)).toBe('7ZZZZZZZZZ');
});

test('the one that follows is later in the same millisecond', () => {
  const first = ulidOf(1_767_323_045_000, new Uint8Array(10).fill(255));
  expect(ulidAfter('01KDYAK348000000000000000Z')).toBe('01KDYAK3480000000000000010');
  expect(ulidAfter(first)).toBe(`${first.slice(0, 10)}${'0'.repeat(16)}`);
  expect(() => ulidOf(0, new Uint8Array(9))).toThrow('not 9');
});

test('isUlid tells the form', () => {
  expect(isUlid('01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe(true);
  for (const text of [
    '',
    '01ARZ3NDEKTSV4RRFFQ69G5FA',
    '81ARZ3NDEKTSV4RRFFQ69G5FAV',
    '01ARZ3NDEKTSV4RRFFQ69G5FAU',
  ])
    expect(isUlid(text), text).toBe(false);
});
