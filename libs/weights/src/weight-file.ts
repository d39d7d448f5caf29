export type TensorInfo = {
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly number[];
  /** As the file calls it. */
  readonly dtype: string;
};

/** An open file of named tensors; one at a time is in memory. */
export type WeightFile = {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Row-major float32, dequantised; float64 is rounded. Throws for a name that the file does not have, and for an
   * integer that float32 does not hold exactly.
   */
  read(name: string): Float32Array;
  /** The tensor's bytes as stored, little-endian. */
  readBytes(name: string): Uint8Array;
  /** After it, reading throws; a second call does nothing. */
  close(): void;
};

/** How many values a shape holds. Throws where a size is no whole number, or the sizes multiply to more than 2^53. */
export const valuesIn = (shape: readonly number[]): number => {
  let product = 1;
  for (const size of shape) {
    product *= size;
    if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(product))
      throw new RangeError(`no tensor has the shape [${shape}]`);
  }
  return product;
};
