/** GGUF files of float32 tensors for tests: of a model of ours, or of another file's weights. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { WeightFile } from '@coa/weights';
import type { ModelConfig } from './config.ts';
import { ggufName } from './gguf.ts';
import { huggingFaceParts, rowSize } from './hugging-face.ts';
import { type Model, parameterOf } from './model.ts';

type NewTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly read: () => Float32Array;
};

/** A value of a GGUF header with its type. */
export type GgufValue =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly f32s: readonly number[] };

const alignment = 32;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const text = (value: string): Buffer =>
  Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

const valueBytes = (value: GgufValue): Buffer => {
  if ('u32' in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ('f32' in value) return Buffer.concat([u32(6), f32(value.f32)]);
  if ('text' in value) return Buffer.concat([u32(8), text(value.text)]);
  const [type, values] = 'texts' in value ? [8, value.texts.map(text)] : [6, value.f32s.map(f32)];
  return Buffer.concat([u32(9), u32(type), u64(values.length), ...values]);
};

const metadataBytes = (metadata: Readonly<Record<string, GgufValue>>): Buffer =>
  Buffer.concat(Object.entries(metadata).flatMap(([key, value]) => [text(key), valueBytes(value)]));

/** @param metadata entries as they stand in the file, and their number */
const writeFloats = (
  file: string,
  metadata: { readonly count: number; readonly bytes: Buffer },
  tensors: readonly NewTensor[],
): void => {
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const sizes = shape.toReversed().map(u64);
    const entry = [text(name), u32(shape.length), ...sizes, u32(0), u64(offset)];
    offset += aligned(4 * shape.reduce((product, size) => product * size, 1));
    return Buffer.concat(entry);
  });
  const counts = [u64(tensors.length), u64(metadata.count)];
  const head = [Buffer.from('GGUF'), u32(3), ...counts, metadata.bytes, ...entries];
  const descriptor = openSync(file, 'w');
  const write = (bytes: Uint8Array): void => {
    writeSync(descriptor, bytes);
    writeSync(descriptor, Buffer.alloc(aligned(bytes.byteLength) - bytes.byteLength));
  };
  write(Buffer.concat(head));
  for (const { read } of tensors) {
    const { buffer, byteOffset, byteLength } = read();
    write(new Uint8Array(buffer, byteOffset, byteLength));
  }
  closeSync(descriptor);
};

/** The same model with every tensor in float32: llama.cpp then rounds no activation to 8 bits. */
export const writeFloatCopy = (to: string, from: string, weights: WeightFile): void => {
  const bytes = readFileSync(from);
  const [first] = weights.tensors.keys();
  const metadata = bytes.subarray(24, bytes.indexOf(text(first!)));
  const tensors = [...weights.tensors.values()].map(({ name, shape }) => ({
    name,
    shape,
    read: () => weights.read(name),
  }));
  writeFloats(to, { count: Number(bytes.readBigUInt64LE(16)), bytes: metadata }, tensors);
};

/** Rows of q and k as llama.cpp's converter lays them for the llama architecture: the halves of a head interleaved. */
const interleaved = (values: Float32Array, headDim: number, columns: number): Float32Array => {
  const out = new Float32Array(values.length);
  for (let row = 0; row < values.length / columns; row++) {
    const [within, half] = [row % headDim, headDim / 2];
    const to = row - within + 2 * (within % half) + Math.floor(within / half);
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
};

/** llama.cpp wants a vocabulary with all bytes in it, of 259 tokens or more; nothing is encoded with this one. */
const pieceOf = (_: unknown, id: number): string =>
  id >= 3 && id < 259 ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>` : `<${id}>`;

const headerOf = (config: ModelConfig): Record<string, GgufValue> => ({
  'general.architecture': { text: 'llama' },
  'llama.vocab_size': { u32: config.vocabulary },
  'llama.context_length': { u32: config.positions },
  'llama.embedding_length': { u32: config.width },
  'llama.block_count': { u32: config.layers },
  'llama.feed_forward_length': { u32: config.ffn },
  'llama.attention.head_count': { u32: config.heads },
  'llama.attention.head_count_kv': { u32: config.kvHeads },
  'llama.attention.key_length': { u32: config.headDim },
  'llama.attention.value_length': { u32: config.headDim },
  'llama.rope.dimension_count': { u32: config.headDim },
  'llama.rope.freq_base': { f32: config.ropeTheta },
  'llama.attention.layer_norm_rms_epsilon': { f32: config.normEpsilon },
  'tokenizer.ggml.model': { text: 'llama' },
  'tokenizer.ggml.tokens': { texts: Array.from({ length: config.vocabulary }, pieceOf) },
  'tokenizer.ggml.scores': { f32s: new Array<number>(config.vocabulary).fill(0) },
});

/** Writes a model of ours as llama.cpp reads it; `changes` and `extra` are what a test adds to it. */
export const writeModelGguf = (
  file: string,
  model: Model,
  changes: Readonly<Record<string, GgufValue>> = {},
  extra: readonly NewTensor[] = [],
): void => {
  const { config } = model;
  const tensors = huggingFaceParts(config).map(({ name, parameter, from, to }): NewTensor => {
    const { shape } = parameterOf(model, parameter);
    const size = rowSize(shape);
    const read = (): Float32Array => {
      const all = parameterOf(model, parameter).dataSync() as Float32Array;
      const own = all.slice(from * size, to * size);
      return /[qk]_proj\.weight$/.test(name) ? interleaved(own, config.headDim, size) : own;
    };
    return { name: ggufName(name), shape: [to - from, ...shape.slice(1)], read };
  });
  const header = { ...headerOf(config), ...changes };
  const metadata = { count: Object.keys(header).length, bytes: metadataBytes(header) };
  writeFloats(file, metadata, [...tensors, ...extra]);
};
