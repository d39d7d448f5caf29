import '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Block } from './heap.ts';
import { floatsOf, intsOf, type Kernels } from './kernels.ts';

type Values = Float32Array | Int32Array;

/** A tensor's data in the kernels' memory. */
class HeapData {
  refCount = 1;
  readonly dtype: tf.DataType;
  readonly block: Block;
  readonly #length: number;
  constructor(block: Block, dtype: tf.DataType, length: number) {
    this.block = block;
    this.dtype = dtype;
    this.#length = length;
  }
  /** What tfjs's own CPU kernels read and write. */
  get values(): Values {
    return this.dtype === 'float32'
      ? floatsOf(this.block, this.#length)
      : intsOf(this.block, this.#length);
  }
}

type Entry = { readonly values: Values; readonly dtype: tf.DataType; refCount: number };

/** Bytes and tensors held by a backend. */
export type MemoryUse = ReturnType<Kernels['heap']['usage']> & { readonly tensors: number };

/**
 * A tfjs backend whose tensors move into the kernels' memory the first time a kernel needs them. What we have no kernel
 * for runs as tfjs's own CPU kernel.
 */
export class CoaBackend extends MathBackendCPU {
  readonly kernels: Kernels;

  constructor(kernels: Kernels) {
    super();
    this.kernels = kernels;
    // it would advise installing tfjs-node
    (this as unknown as { firstUse: boolean }).firstUse = false;
  }

  /** Address of a tensor's values; they are copied into the kernels' memory where they are not there yet. */
  address({ dataId, dtype }: tf.TensorInfo): number {
    const entry = this.data.get(dataId) as unknown as Entry | HeapData;
    if (entry instanceof HeapData) return entry.block.address;
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new TypeError(`a kernel was given a tensor of ${dtype}; it takes float32 and int32`);
    }
    const data = new HeapData(
      this.kernels.heap.allocate(entry.values.byteLength),
      dtype,
      entry.values.length,
    );
    data.values.set(entry.values);
    data.refCount = entry.refCount;
    this.data.set(dataId, data as never);
    return data.block.address;
  }

  /** A tensor with undefined contents in the kernels' memory. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    const length = tf.util.sizeFromShape([...shape]);
    const dataId = { id: (this as unknown as { nextDataId(): number }).nextDataId() };
    this.data.set(
      dataId,
      new HeapData(this.kernels.heap.allocate(length * 4), dtype, length) as never,
    );
    return { dataId, shape: [...shape], dtype };
  }

  /** A copy: the memory behind a tensor is used again once it is disposed of. */
  override readSync(dataId: object): tf.backend_util.TypedArray {
    const values = super.readSync(dataId) as tf.backend_util.TypedArray;
    return (this.data.get(dataId) as unknown) instanceof HeapData ? values.slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.data.has(dataId) ? (this.data.get(dataId) as unknown) : undefined;
    const released = super.disposeData(dataId, force);
    if (released && entry instanceof HeapData) this.kernels.heap.free(entry.block);
    return released;
  }

  /** The tensor's own memory, to be changed in place. */
  liveValues(tensor: tf.TensorInfo): Float32Array {
    this.address(tensor);
    return (this.data.get(tensor.dataId) as unknown as HeapData).values as Float32Array;
  }

  /** Gives a CPU kernel's output values of its own where it returned a view into another tensor's memory. */
  detach(output: tf.TensorInfo, inputs: readonly tf.TensorInfo[]): void {
    const entry = this.data.get(output.dataId) as unknown as { values: Values } | HeapData;
    if (entry instanceof HeapData || !ArrayBuffer.isView(entry.values)) return;
    const shared = inputs.some((input) => {
      const held = this.data.get(input.dataId) as unknown;
      return held instanceof HeapData && entry.values.buffer === held.block.slab.buffer();
    });
    if (shared) entry.values = entry.values.slice();
  }

  memoryUse(): MemoryUse {
    return { ...this.kernels.heap.usage(), tensors: this.numDataIds() };
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
