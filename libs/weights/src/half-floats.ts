/** Bits of the float32 equal to a float16; a NaN keeps its sign and payload. */
const widened = (half: number): number => {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // subnormal: its first set bit becomes the hidden one
  const first = 31 - Math.clz32(fraction);
  return sign | ((first + 103) << 23) | ((fraction << (23 - first)) & 0x7fffff);
};

const widenedBits = Uint32Array.from({ length: 65_536 }, (_, half) => widened(half));
const widenedValues = new Float32Array(widenedBits.buffer);

/** Value of a float16 given as its 16 bits. */
export const fromHalf = (half: number): number => widenedValues[half]!;

/** A magnitude below 2^-14 (bits of a float32) in units of 2^-24. */
const subnormalHalf = (magnitude: number): number => {
  // 2^-25 and less: the tie goes to zero, which is even
  if (magnitude <= 0x33000000) return 0;
  const shift = 126 - (magnitude >>> 23);
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const whole = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return rest > tie || (rest === tie && (whole & 1) === 1) ? whole + 1 : whole;
};

/** Bits of the float16 nearest to a float32, given as its bits. */
const narrowed = (bits: number): number => {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // a NaN whose payload is cut off must not become infinity
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 1);
  // 65520 and more round to infinity
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | subnormalHalf(magnitude);
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
};

/** float16 bits to float32, exactly. */
export const halvesToFloats = (halves: Uint16Array): Float32Array => {
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = widenedBits[halves[i]!]!;
  return new Float32Array(out.buffer);
};

/** float32 to float16 bits: to nearest, ties to even, from 65520 on infinity; NaN as NumPy does it. */
export const floatsToHalves = (values: Float32Array): Uint16Array => {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = narrowed(bits[i]!);
  return out;
};

/** bfloat16 bits to float32: the upper half of its bits. */
export const brainsToFloats = (brains: Uint16Array): Float32Array => {
  const out = new Uint32Array(brains.length);
  for (let i = 0; i < brains.length; i++) out[i] = brains[i]! << 16;
  return new Float32Array(out.buffer);
};

/** float32 to bfloat16 bits: to nearest, ties to even; NaN stays a quiet NaN, as in GGML. */
export const floatsToBrains = (values: Float32Array): Uint16Array => {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const nan = (value & 0x7fffffff) > 0x7f800000;
    out[i] = nan ? (value >>> 16) | 0x40 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return out;
};
