import { type BlockType, halfAt, signedAt } from './blocks.ts';

/** Six-bit scale j of 12 packed bytes: four plain ones, then four whose upper two bits lie in those. */
const packedScale = (raw: Uint8Array, at: number, j: number): number =>
  j < 4 ? raw[at + j]! & 63 : (raw[at + j + 4]! & 15) | ((raw[at + j - 4]! >> 6) << 4);

const packedMinimum = (raw: Uint8Array, at: number, j: number): number =>
  j < 4 ? raw[at + j + 4]! & 63 : (raw[at + j + 4]! >> 4) | ((raw[at + j]! >> 6) << 4);

/** scale and minimum (f16), 12 bytes of eight six-bit pairs, 128 bytes of nibbles; pair j serves values 32j to 32j + 31. */
export const q4K: BlockType = {
  values: 256,
  bytes: 144,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    const least = halfAt(raw, at + 2);
    for (let j = 0; j < 8; j++) {
      const step = scale * packedScale(raw, at + 4, j);
      const floor = least * packedMinimum(raw, at + 4, j);
      const nibbles = at + 16 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      for (let i = 0; i < 32; i++)
        out[to + 32 * j + i] = step * ((raw[nibbles + i]! >> shift) & 15) - floor;
    }
  },
};

/** As q4_K, with 32 bytes of fifth bits before the nibbles: bit j of byte i is value 32j + i's. */
export const q5K: BlockType = {
  values: 256,
  bytes: 176,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at);
    const least = halfAt(raw, at + 2);
    for (let j = 0; j < 8; j++) {
      const step = scale * packedScale(raw, at + 4, j);
      const floor = least * packedMinimum(raw, at + 4, j);
      const nibbles = at + 48 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      for (let i = 0; i < 32; i++) {
        const fifth = (raw[at + 16 + i]! >> j) & 1;
        out[to + 32 * j + i] = step * (((raw[nibbles + i]! >> shift) & 15) | (fifth << 4)) - floor;
      }
    }
  },
};

/** 128 bytes of low nibbles, 64 bytes of upper pairs, 16 signed scales of 16 values each, scale (f16); each less 32. */
export const q6K: BlockType = {
  values: 256,
  bytes: 210,
  read: (raw, at, out, to) => {
    const scale = halfAt(raw, at + 208);
    for (let run = 0; run < 16; run++) {
      const step = scale * signedAt(raw, at + 192 + run);
      // a half of the block has four rows of 32 values, a row two runs
      const half = run >> 3;
      const row = (run >> 1) & 3;
      const column = 16 * (run & 1);
      const nibbles = at + 64 * half + 32 * (row & 1) + column;
      const pairs = at + 128 + 32 * half + column;
      for (let i = 0; i < 16; i++) {
        const nibble = (raw[nibbles + i]! >> (row < 2 ? 0 : 4)) & 15;
        const pair = (raw[pairs + i]! >> (2 * row)) & 3;
        out[to + 16 * run + i] = step * ((nibble | (pair << 4)) - 32);
      }
    }
  },
};
