import '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Block } from './heap.ts';
import { floatsOf, intsOf, type Kernels } from './kernels.ts';

type Values = Float32Array | Int32Array;

type Held =
  | { readonly values: Values; readonly block: null }
  | { readonly block: Block; readonly length: number };

/** A tensor's data: JavaScript's own values until a kernel needs them, then a block of the kernels' memory. */
class TensorData {
  refCount: number;
  readonly dtype: tf.DataType;
  #held: Held;
  constructor(dtype: tf.DataType, held: Held, refCount = 1) {
    this.dtype = dtype;
    this.#held = held;
    this.refCount = refCount;
  }
  /** What tfjs's own CPU kernels read and write. */
  get values(): Values {
    const held = this.#held;
    if (held.block === null) return held.values;
    return this.dtype === 'int32'
      ? intsOf(held.block, held.length)
      : floatsOf(held.block, held.length);
  }
  set values(values: Values) {
    this.#held = { values, block: null };
  }
  get block(): Block | null {
    return this.#held.block;
  }
  moveTo(block: Block): void {
    const { values } = this;
    this.#held = { block, length: values.length };
    this.values.set(values);
  }
}

const isWider = (dtype: tf.DataType, than: tf.DataType): boolean =>
  (dtype === 'float32' && (than === 'int32' || than === 'bool')) ||
  (dtype === 'int32' && than === 'bool');

/** Bytes and tensors held by a backend. */
export type MemoryUse = ReturnType<Kernels['heap']['usage']> & {
  /** Most bytes that may be taken from the system. */
  readonly limit: number;
  readonly tensors: number;
};

/**
 * A tfjs backend whose tensors move into the kernels' memory the first time a kernel needs them. What we have no kernel
 * for runs as tfjs's own CPU kernel.
 */
export class CoaBackend extends MathBackendCPU {
  readonly kernels: Kernels;

  constructor(kernels: Kernels) {
    super();
    this.kernels = kernels;
  }

  #data(dataId: object): TensorData {
    return this.data.get(dataId) as unknown as TensorData;
  }

  #add(data: TensorData): object {
    const dataId = { id: (this as unknown as { nextDataId(): number }).nextDataId() };
    this.data.set(dataId, data as never);
    return dataId;
  }

  override write(
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
  ): object {
    return this.#add(new TensorData(dtype, { values: values as Values, block: null }));
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    const held = { values: values as Values, block: null };
    this.data.set(dataId, new TensorData(dtype, held, refCount) as never);
  }

  /** Address of a tensor's values; they are copied into the kernels' memory where they are not there yet. */
  address({ dataId, dtype }: tf.TensorInfo): number {
    const data = this.#data(dataId);
    if (data.block) return data.block.address;
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new TypeError(`a kernel was given a tensor of ${dtype}; it takes float32 and int32`);
    }
    const block = this.kernels.heap.allocate(data.values.byteLength);
    data.moveTo(block);
    return block.address;
  }

  /** A tensor with undefined contents in the kernels' memory. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    const length = tf.util.sizeFromShape([...shape]);
    const block = this.kernels.heap.allocate(length * 4);
    const dataId = this.#add(new TensorData(dtype, { block, length }));
    return { dataId, shape: [...shape], dtype };
  }

  /** The tensor's own memory, to be changed in place. */
  liveValues(tensor: tf.TensorInfo): Float32Array {
    this.address(tensor);
    return this.#data(tensor.dataId).values as Float32Array;
  }

  /** A copy: the memory behind a tensor is used again once it is disposed of. */
  override readSync(dataId: object): tf.backend_util.TypedArray {
    const values = super.readSync(dataId) as tf.backend_util.TypedArray;
    return this.#data(dataId).block ? values.slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const block = this.data.has(dataId) ? this.#data(dataId).block : null;
    const released = super.disposeData(dataId, force);
    if (released && block) this.kernels.heap.free(block);
    return released;
  }

  /** Gives a CPU kernel's output values of its own where it returned a view into another tensor's memory. */
  detach(output: tf.TensorInfo, inputs: readonly tf.TensorInfo[]): tf.TensorInfo {
    const data = this.#data(output.dataId);
    if (isWider(output.dtype, data.dtype)) return this.#converted(output);
    if (data.block || !ArrayBuffer.isView(data.values)) return output;
    const { buffer } = data.values;
    const shared = inputs.some((input) => this.#data(input.dataId).block?.slab.buffer() === buffer);
    if (shared) data.values = data.values.slice();
    return output;
  }

  /** tfjs's Cast gives the same bytes another type; a kernel would take whole numbers for the bits of floats. */
  #converted({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    const { values } = this.#data(dataId);
    const own = dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
    const output = this.makeTensorInfo([...shape], dtype, own);
    this.disposeData(dataId);
    return output;
  }

  memoryUse(): MemoryUse {
    const { heap } = this.kernels;
    return { ...heap.usage(), limit: heap.limit, tensors: this.numDataIds() };
  }

  override dispose(): void {
    this.kernels.close();
  }
}

/** The current backend where it is ours, else null: then the plain tfjs compositions run. */
export const fusedBackend = (): CoaBackend | null => {
  const backend = tf.backend();
  return backend instanceof CoaBackend ? backend : null;
};
