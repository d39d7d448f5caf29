import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openGguf } from './gguf.ts';

const fixture = fileURLToPath(new URL('fixtures/python.gguf', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coa-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('reads a file that the gguf package wrote', async () => {
  const file = await openGguf(fixture);
  expect(file.metadata).toMatchObject({
    'general.architecture': 'llama',
    'llama.block_count': 2,
    names: ['a', 'b'],
    big: 2n ** 60n,
  });
  expect([...file.tensors.values()].map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
    ['f32', [2, 3], 'F32'],
    ['f16', [3, 2], 'F16'],
    ['bf16', [2, 4], 'BF16'],
    ['q8', [2, 32], 'Q8_0'],
  ]);
  expect([...file.read('f32')]).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25]);
  expect([...file.read('f16')]).toEqual([-3, -2, -1, 0, 1, 2]);
  expect([...file.read('bf16')].map((value) => value.toFixed(3))).toEqual([
    '-1.000',
    '-0.969',
    '-0.938',
    '-0.906',
    '0.016',
    '0.048',
    '0.080',
    '0.111',
  ]);
  file.read('q8').forEach((value, i) => {
    expect(value).toBeCloseTo(-1 + (2 * i) / 63, 2);
  });
  expect(file.readBytes('q8').length).toBe(68);
  expect(() => file.read('q9')).toThrow('has no tensor q9');
  file.close();
  expect(() => file.read('f32')).toThrow('closed');
});

/** The fixture with something changed; `at` is the first byte after a tensor's name: dimensions, sizes, type, offset. */
const changed = (name: string, change: (bytes: Buffer, at: number) => unknown): string => {
  const bytes = readFileSync(fixture);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(name.length));
  const at = bytes.indexOf(Buffer.concat([length, Buffer.from(name)])) + 8 + name.length;
  const after = change(bytes, at);
  const file = join(folder, 'changed.gguf');
  writeFileSync(file, after instanceof Buffer ? after : bytes);
  return file;
};

test.each<[string, string, (bytes: Buffer, at: number) => unknown, string]>([
  ['another magic', 'f32', (b) => b.write('GGML'), 'magic'],
  ['another version', 'f32', (b) => b.writeUInt32LE(9, 4), 'version'],
  [
    'an unread type',
    'f32',
    (b, at) => b.writeUInt32LE(10, at + 20),
    'tensor f32, [2,3] of Q2_K: tensors of type Q2_K are not read',
  ],
  ['an unknown type', 'f32', (b, at) => b.writeUInt32LE(999, at + 20), 'of type 999'],
  [
    'an offset beyond the file',
    'f32',
    (b, at) => b.writeBigUInt64LE(2n ** 40n, at + 24),
    'tensor f32, [2,3] of F32: it ends at',
  ],
  [
    'a huge shape',
    'f32',
    (b, at) => b.fill(Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]), at + 4, at + 20),
    'no tensor has the shape [4294967296,4294967296]',
  ],
  [
    'part of a block',
    'q8',
    (b, at) => b.writeBigUInt64LE(31n, at + 4),
    'rows of 31 values are no whole blocks of 32',
  ],
  ['overlap', 'q8', (b, at) => b.writeBigUInt64LE(32n, at + 24), 'within'],
  ['a name twice', 'f32', (b, at) => b.write('f16', at - 3), 'tensor f16 is given twice'],
  [
    'data cut short',
    'f32',
    (b) => b.subarray(0, b.length - 64),
    'tensor q8, [2,32] of Q8_0: it ends at',
  ],
  ['a header cut short', 'f32', (b) => b.subarray(0, 150), 'changed.gguf is no GGUF file'],
  [
    'a header cut one byte short',
    'q8',
    (b, at) => b.subarray(0, at + 31),
    'cut short by the end of the file at',
  ],
  ['an empty file', 'f32', () => Buffer.alloc(0), 'changed.gguf is no GGUF file'],
])('%s is refused', async (_, name, change, message) => {
  await expect(openGguf(changed(name, change))).rejects.toThrow(message);
});

test('a name that looks like an address is a file name', async () => {
  await expect(openGguf('https://example.org/a.gguf')).rejects.toThrow('ENOENT');
});

const model = fileURLToPath(
  new URL('../../../.coa/models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url),
);

test.skipIf(!existsSync(model))(
  'SmolLM2 135M: every tensor is finite and of its shape',
  async () => {
    const file = await openGguf(model);
    const counts: Record<string, number> = {};
    let values = 0;
    for (const [name, { shape, dtype }] of file.tensors) {
      const read = file.read(name);
      expect(read.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect(read.every(Number.isFinite)).toBe(true);
      counts[dtype] = (counts[dtype] ?? 0) + 1;
      values += read.length;
    }
    expect(values).toBe(134_515_008);
    expect(counts).toEqual({ F32: 61, Q4_1: 210, Q8_0: 1 });
    const shapeOf = (name: string) => file.tensors.get(name)?.shape;
    expect(shapeOf('token_embd.weight')).toEqual([49_152, 576]);
    expect(shapeOf('blk.0.attn_q.weight')).toEqual([576, 576]);
    expect(shapeOf('blk.29.attn_k.weight')).toEqual([192, 576]);
    expect(shapeOf('blk.0.ffn_down.weight')).toEqual([576, 1536]);
    expect(file.metadata['llama.block_count']).toBe(30);
    file.close();
  },
);
