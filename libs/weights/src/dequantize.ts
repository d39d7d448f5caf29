import { brainsToFloats, fromHalf, halvesToFloats } from './half-floats.ts';

/** How a GGUF type lays out its values: blocks of `values` in `bytes`, and how one block is read. */
export type Quantization = {
  readonly values: number;
  readonly bytes: number;
  readonly block: (raw: DataView, at: number, out: Float32Array, to: number) => void;
};

const half = (raw: DataView, at: number): number => fromHalf(raw.getUint16(at, true));

/** q8_0: scale (f16), 32 signed bytes. */
const q8_0: Quantization = {
  values: 32,
  bytes: 34,
  block: (raw, at, out, to) => {
    const scale = half(raw, at);
    for (let i = 0; i < 32; i++) out[to + i] = scale * raw.getInt8(at + 2 + i);
  },
};

/** q4_0: scale (f16), 16 bytes of two nibbles: low ones are values 0 to 15, high ones 16 to 31; each less 8. */
const q4_0: Quantization = {
  values: 32,
  bytes: 18,
  block: (raw, at, out, to) => {
    const scale = half(raw, at);
    for (let i = 0; i < 16; i++) {
      const byte = raw.getUint8(at + 2 + i);
      out[to + i] = scale * ((byte & 15) - 8);
      out[to + 16 + i] = scale * ((byte >> 4) - 8);
    }
  },
};

/** q4_1: scale and minimum (f16), nibbles as in q4_0. */
const q4_1: Quantization = {
  values: 32,
  bytes: 20,
  block: (raw, at, out, to) => {
    const [scale, least] = [half(raw, at), half(raw, at + 2)];
    for (let i = 0; i < 16; i++) {
      const byte = raw.getUint8(at + 4 + i);
      out[to + i] = Math.fround(scale * (byte & 15)) + least;
      out[to + 16 + i] = Math.fround(scale * (byte >> 4)) + least;
    }
  },
};

/** q5: as q4 with a fifth bit for each value in 32 bits before the nibbles. */
const q5 = (hasMinimum: boolean): Quantization => {
  const header = hasMinimum ? 4 : 2;
  return {
    values: 32,
    bytes: header + 20,
    block: (raw, at, out, to) => {
      const scale = half(raw, at);
      const least = hasMinimum ? half(raw, at + 2) : 0;
      const shift = hasMinimum ? 0 : 16;
      const fifth = raw.getUint32(at + header, true);
      for (let i = 0; i < 16; i++) {
        const byte = raw.getUint8(at + header + 4 + i);
        const low = (byte & 15) | (((fifth >>> i) & 1) << 4);
        const high = (byte >> 4) | (((fifth >>> (i + 16)) & 1) << 4);
        out[to + i] = Math.fround(scale * (low - shift)) + least;
        out[to + 16 + i] = Math.fround(scale * (high - shift)) + least;
      }
    },
  };
};

/** Six-bit scale and minimum number j of a K block, from their 12 packed bytes. */
const scaleAndMinimum = (raw: DataView, at: number, j: number): readonly [number, number] => {
  const byte = (i: number): number => raw.getUint8(at + i);
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [
    (byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4),
    (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4),
  ];
};

/** q4_K and q5_K: scale and minimum (f16), 12 bytes of eight six-bit pairs, (32 bytes of fifth bits,) 128 bytes of nibbles. */
const kBlock = (fifthBits: boolean): Quantization => ({
  values: 256,
  bytes: fifthBits ? 176 : 144,
  block: (raw, at, out, to) => {
    const [scale, least] = [half(raw, at), half(raw, at + 2)];
    const nibbles = at + (fifthBits ? 48 : 16);
    for (let j = 0; j < 8; j++) {
      const [s, m] = scaleAndMinimum(raw, at + 4, j);
      const [step, floor] = [Math.fround(scale * s), Math.fround(least * m)];
      for (let i = 0; i < 32; i++) {
        const byte = raw.getUint8(nibbles + 32 * (j >> 1) + i);
        const high = fifthBits ? ((raw.getUint8(at + 16 + i) >> j) & 1) << 4 : 0;
        const quant = (j & 1 ? byte >> 4 : byte & 15) | high;
        out[to + 32 * j + i] = Math.fround(step * quant) - floor;
      }
    }
  },
});

/** q6_K: 128 bytes of low nibbles, 64 bytes of high pairs, 16 signed scales, scale (f16); each value less 32. */
const q6K: Quantization = {
  values: 256,
  bytes: 210,
  block: (raw, at, out, to) => {
    const scale = half(raw, at + 208);
    for (let i = 0; i < 256; i++) {
      const [group, within] = [i >> 7, i & 127];
      const [quarter, l] = [within >> 5, within & 31];
      const low = raw.getUint8(at + 64 * group + 32 * (quarter & 1) + l);
      const nibble = quarter < 2 ? low & 15 : low >> 4;
      const pair = (raw.getUint8(at + 128 + 32 * group + l) >> (2 * quarter)) & 3;
      const step = Math.fround(scale * raw.getInt8(at + 192 + 8 * group + 2 * quarter + (l >> 4)));
      out[to + i] = step * ((nibble | (pair << 4)) - 32);
    }
  },
};

/** The block types of GGML that we read, by its names. */
export const quantizations: Readonly<Record<string, Quantization>> = {
  Q8_0: q8_0,
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5(false),
  Q5_1: q5(true),
  Q4_K: kBlock(false),
  Q5_K: kBlock(true),
  Q6_K: q6K,
};

/** Bytes that `count` values of a type take. Throws for a type that we do not read, and for part of a block. */
export const bytesOf = (type: string, count: number): number => {
  const plain = { F32: 4, F16: 2, BF16: 2 }[type];
  if (plain !== undefined) return plain * count;
  const quantization = quantizations[type];
  if (!quantization) {
    throw new Error(
      `tensors of type ${type} are not read; F32, F16, BF16, ${Object.keys(quantizations).join(', ')} are`,
    );
  }
  if (count % quantization.values !== 0)
    throw new Error(
      `${count} values of ${type} are no whole number of blocks of ${quantization.values}`,
    );
  return (count / quantization.values) * quantization.bytes;
};

/** Values of a tensor's bytes. */
export const dequantize = (type: string, raw: Uint8Array): Float32Array => {
  const aligned = raw.byteOffset % 4 === 0 ? raw : raw.slice();
  if (type === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, raw.length / 4);
  const halves = () => new Uint16Array(aligned.buffer, aligned.byteOffset, raw.length / 2);
  if (type === 'F16') return halvesToFloats(halves());
  if (type === 'BF16') return brainsToFloats(halves());
  const { values, bytes, block } = quantizations[type]!;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const count = raw.length / bytes;
  const out = new Float32Array(count * values);
  for (let i = 0; i < count; i++) block(view, i * bytes, out, i * values);
  return out;
};
