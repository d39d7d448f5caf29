const bits = new Uint32Array(1);
const floats = new Float32Array(bits.buffer);

/** Value of a float16, exactly. */
const halfValue = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** All 65,536 float16 values. */
const halfTable: Float32Array = Float32Array.from({ length: 65_536 }, (_, half) => halfValue(half));

/** Value of a float16 given as its 16 bits. */
export const fromHalf = (half: number): number => halfTable[half]!;

/** The float16 nearest to a number, ties to even, as its 16 bits. */
export const toHalf = (value: number): number => {
  floats[0] = value;
  const all = bits[0]!;
  const sign = (all >>> 16) & 0x8000;
  const magnitude = all & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and more round to infinity
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // adding 0.5 leaves a subnormal's bits, rounded, at the end of the sum
  floats[0] = Math.abs(value) + 0.5;
  return sign | (bits[0]! - 0x3f000000);
};

/** float16 bits to float32. */
export const halvesToFloats = (halves: Uint16Array): Float32Array => {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = halfTable[halves[i]!]!;
  return out;
};

export const floatsToHalves = (values: Float32Array): Uint16Array => {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = toHalf(values[i]!);
  return out;
};

/** bfloat16 bits to float32: the upper half of its bits. */
export const brainsToFloats = (brains: Uint16Array): Float32Array => {
  const out = new Uint32Array(brains.length);
  for (let i = 0; i < brains.length; i++) out[i] = brains[i]! << 16;
  return new Float32Array(out.buffer);
};

/** float32 to bfloat16 bits, ties to even; NaN stays a quiet NaN. */
export const floatsToBrains = (values: Float32Array): Uint16Array => {
  const all = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < all.length; i++) {
    const value = all[i]!;
    const nan = (value & 0x7fffffff) > 0x7f800000;
    out[i] = nan ? (value >>> 16) | 0x40 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return out;
};
