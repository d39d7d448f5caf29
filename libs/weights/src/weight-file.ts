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
  /** Row-major float32, dequantised. Throws for a name that the file does not have. */
  read(name: string): Float32Array;
  close(): void;
};

export const valuesIn = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
