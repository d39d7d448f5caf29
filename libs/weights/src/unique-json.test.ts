import { expect, test } from 'vitest';
import { parseUniqueJson } from './unique-json.ts';

test.each([
  ['{"a":1,"a":2}'],
  ['{"a":{},"\\u0061" : {}}'],
  ['{"b":[{"x":1},{"a":1,"c":[],"a":2}]}'],
  ['{"__proto__":1,"__proto__":2}'],
])('%s has a key twice', (text) => {
  expect(() => parseUniqueJson(text)).toThrow('is given twice');
});

test.each([
  ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
  ['{"a":"\\"a\\":{","b":"a","c":["a","a"]}'],
  ['{"a\\\\":1,"a":2,"":3}'],
  ['[]'],
  ['"a"'],
])('%s is read as JSON.parse reads it', (text) => {
  expect(parseUniqueJson(text)).toEqual(JSON.parse(text));
});

test('what is no JSON throws, and long strings are no trouble', () => {
  expect(() => parseUniqueJson('{"a":1')).toThrow(SyntaxError);
  const long = JSON.stringify({ a: '\\"'.repeat(1_000_000) });
  expect(parseUniqueJson(long)).toEqual(JSON.parse(long));
});
