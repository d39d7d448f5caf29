import { fromHalf } from './half-floats.ts';

/** How a GGML type lays out its values: blocks of `values` in `bytes`, and how the block at `at` is read to out[to…]. */
export type BlockType = {
  readonly values: number;
  readonly bytes: number;
  readonly read: (raw: Uint8Array, at: number, out: Float32Array, to: number) => void;
};

export const halfAt = (raw: Uint8Array, at: number): number =>
  fromHalf(raw[at]! | (raw[at + 1]! << 8));

export const signedAt = (raw: Uint8Array, at: number): number => (raw[at]! << 24) >> 24;

/** scale (f16), 32 signed bytes. */
export const q8_0: BlockType = {
  values: 32,
  bytes: 34,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    for (let i = 0; i < 32; i++) out[to + i] = scale * signedAt(raw, at + 2 + i);
  },
};

/** scale (f16), 16 bytes of two nibbles: low ones are values 0 to 15, high ones 16 to 31; each less 8. */
export const q4_0: BlockType = {
  values: 32,
  bytes: 18,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    for (let i = 0; i < 16; i++) {
      const byte = raw[at + 2 + i]!;
      out[to + i] = scale * ((byte & 15) - 8);
      out[to + 16 + i] = scale * ((byte >> 4) - 8);
    }
  },
};

/** scale and minimum (f16), nibbles as in q4_0. */
export const q4_1: BlockType = {
  values: 32,
  bytes: 20,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    const least = halfAt(raw, at + 2);
    for (let i = 0; i < 16; i++) {
      const byte = raw[at + 4 + i]!;
      out[to + i] = scale * (byte & 15) + least;
      out[to + 16 + i] = scale * (byte >> 4) + least;
    }
  },
};

/** Value i of a q5 block: nibbles as in q4_0, and a fifth bit for each value in the four bytes before them. */
const fiveBits = (raw: Uint8Array, at: number, i: number): number => {
  const fifth = (raw[at + (i >> 3)]! >> (i & 7)) & 1;
  const byte = raw[at + 4 + (i & 15)]!;
  return (i < 16 ? byte & 15 : byte >> 4) | (fifth << 4);
};

/** scale (f16), five bits each, less 16. */
export const q5_0: BlockType = {
  values: 32,
  bytes: 22,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    for (let i = 0; i < 32; i++) out[to + i] = scale * (fiveBits(raw, at + 2, i) - 16);
  },
};

/** scale and minimum (f16), five bits each. */
export const q5_1: BlockType = {
  values: 32,
  bytes: 24,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    const least = halfAt(raw, at + 2);
    for (let i = 0; i < 32; i++) out[to + i] = scale * fiveBits(raw, at + 4, i) + least;
  },
};
