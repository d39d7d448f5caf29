import { type BlockType, q4_0, q4_1, q5_0, q5_1, q8_0 } from './blocks.ts';
import { brainsToFloats, halvesToFloats } from './half-floats.ts';
import { q4K, q5K, q6K } from './k-blocks.ts';

/** The block types of GGML that we read, by its names (ggml-common.h, ggml-quants.c). */
export const quantizations: Readonly<Record<string, BlockType>> = {
  Q8_0: q8_0,
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q4_K: q4K,
  Q5_K: q5K,
  Q6_K: q6K,
};

const plainBytes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Values and bytes of a type's block; of a plain type a value is a block. */
const blockOf = (type: string): { readonly values: number; readonly bytes: number } => {
  if (Object.hasOwn(quantizations, type)) return quantizations[type]!;
  if (Object.hasOwn(plainBytes, type)) return { values: 1, bytes: plainBytes[type]! };
  const known = [...Object.keys(plainBytes), ...Object.keys(quantizations)].join(', ');
  throw new Error(`tensors of type ${type} are not read; ${known} are`);
};

/** Bytes that `count` values take, in rows of whole blocks. */
export const storedBytes = (type: string, count: number, rowValues: number): number => {
  const { values, bytes } = blockOf(type);
  if (rowValues % values !== 0)
    throw new Error(`rows of ${rowValues} values are no whole blocks of ${values}`);
  return (count / values) * bytes;
};

/**
 * A GGUF tensor's bytes as float32.
 * @throws Error for a type that is not read, and for part of a block.
 */
export const dequantize = (type: string, raw: Uint8Array): Float32Array => {
  const { values, bytes } = blockOf(type);
  if (raw.length % bytes !== 0)
    throw new RangeError(`${raw.length} bytes of ${type} are no whole blocks of ${bytes} bytes`);
  const { buffer, byteOffset } = raw.byteOffset % 4 === 0 ? raw : raw.slice();
  const count = raw.length / bytes;
  if (type === 'F32') return new Float32Array(buffer, byteOffset, count);
  if (type === 'F16') return halvesToFloats(new Uint16Array(buffer, byteOffset, count));
  if (type === 'BF16') return brainsToFloats(new Uint16Array(buffer, byteOffset, count));
  const { read } = quantizations[type]!;
  const out = new Float32Array(count * values);
  for (let i = 0; i < count; i++) read(raw, i * bytes, out, i * values);
  return out;
};
