import { brainsToFloats, floatsToBrains, floatsToHalves, halvesToFloats } from './half-floats.ts';

/** What holds a stored value of each safetensors dtype. */
const stored = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** A safetensors dtype that we read and write. */
export type Dtype = keyof typeof stored;

export const dtypes = Object.keys(stored) as [Dtype, ...Dtype[]];

export const dtypeBytes = (dtype: Dtype): number => stored[dtype].BYTES_PER_ELEMENT;

/** Values to be written: Float32Array for F32, F16 and BF16, else the array named after the dtype; 0 and 1 for BOOL. */
export type TensorValues =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** Integers as float32; one that would change throws. */
const exactFloats = (values: ArrayLike<number> | ArrayLike<bigint>): Float32Array => {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    out[i] = Number(value);
    const same = typeof value === 'bigint' ? BigInt(out[i]!) === value : out[i] === value;
    if (!same)
      throw new RangeError(
        `value ${i} is ${value}, which float32 does not hold exactly; use readBytes`,
      );
  }
  return out;
};

/** Stored bytes as float32; float64 is rounded. The bytes begin at a multiple of 8. */
export const toFloats = (
  dtype: Dtype,
  { buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>,
): Float32Array => {
  const count = byteLength / dtypeBytes(dtype);
  const values = new stored[dtype](buffer, byteOffset, count);
  if (dtype === 'F16') return halvesToFloats(values as Uint16Array);
  if (dtype === 'BF16') return brainsToFloats(values as Uint16Array);
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  return exactFloats(values);
};

const encoded = (dtype: Dtype, values: TensorValues): TensorValues => {
  if (dtype === 'F16' || dtype === 'BF16') {
    if (values instanceof Float32Array)
      return dtype === 'F16' ? floatsToHalves(values) : floatsToBrains(values);
  } else if (values instanceof stored[dtype]) return values;
  throw new TypeError(`${values.constructor.name} given for ${dtype}`);
};

/** Values as stored bytes. Throws where the array is not the dtype's. */
export const toBytes = (dtype: Dtype, values: TensorValues): Uint8Array => {
  const { buffer, byteOffset, byteLength } = encoded(dtype, values);
  return new Uint8Array(buffer, byteOffset, byteLength);
};
