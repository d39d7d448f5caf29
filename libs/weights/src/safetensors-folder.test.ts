import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSafetensorsFolder } from './safetensors-folder.ts';
import { writeSafetensors } from './write-safetensors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coa-weights-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shard = (file: string, values: Readonly<Record<string, number>>): void =>
  writeSafetensors(
    join(folder, file),
    Object.keys(values).map((name) => ({ name, shape: [1] })),
    (name) => Float32Array.of(values[name]!),
    { dtype: 'F32', metadata: { format: 'pt' } },
  );

const index = (content: string | object): void =>
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

test('one file', () => {
  shard('model.safetensors', { a: 1 });
  index('{}');
  const opened = openSafetensorsFolder(folder);
  expect([...opened.read('a')]).toEqual([1]);
  opened.close();
});

test('shards: each tensor from the one that the index names', () => {
  shard('model-00001-of-00002.safetensors', { a: 1, unlisted: 5, twice: 6 });
  shard('model-00002-of-00002.safetensors', { b: 2, twice: 7 });
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  index({ metadata: { total_size: 16 }, weight_map: { a: first, b: second, twice: second } });
  const opened = openSafetensorsFolder(folder);
  expect([...opened.tensors.keys()]).toEqual(['a', 'b', 'twice']);
  expect([...opened.read('a'), ...opened.read('b'), ...opened.read('twice')]).toEqual([1, 2, 7]);
  expect(opened.readBytes('b').length).toBe(4);
  expect(opened.metadata).toEqual({ format: 'pt' });
  expect(() => opened.read('unlisted')).toThrow('has no tensor unlisted');
  opened.close();
  expect(() => opened.read('a')).toThrow('closed');
});

test.each<[string, string | object, string]>([
  ['no JSON', '{', 'index.json is no index of shards'],
  ['no map', { weight_map: null }, 'weight_map'],
  ['a name twice', '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}', 'given twice'],
  ['a path up', { weight_map: { a: '../x.safetensors' } }, 'tensor a is in "../x.safetensors"'],
  ['a whole path', { weight_map: { a: '/x.safetensors' } }, 'which is no file name'],
  ['a path down', { weight_map: { a: 'b\\x.safetensors' } }, 'which is no file name'],
  ['another kind of file', { weight_map: { a: 'x.bin' } }, 'which is no file name'],
  ['a number', { weight_map: { a: 3 } }, 'tensor a is in 3'],
  ['a prototype', '{"weight_map":{"__proto__":"../x.safetensors"}}', 'tensor __proto__ is in'],
  ['a shard that is not there', { weight_map: { a: 'x.safetensors' } }, 'ENOENT'],
  ['a shard without the tensor', { weight_map: { b: 'here.safetensors' } }, 'tensor b is in here'],
])('%s is refused', (_, content, message) => {
  shard('here.safetensors', { a: 1 });
  index(content);
  expect(() => openSafetensorsFolder(folder)).toThrow(message);
});

test('an empty folder says what is missing', () => {
  expect(() => openSafetensorsFolder(folder)).toThrow('neither model.safetensors nor');
});
