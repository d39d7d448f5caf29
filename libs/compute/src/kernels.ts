import { type Block, type Heap, openHeap, type Slab } from './heap.ts';

/** The operations of kernels.c, by the names that it gives them. */
export type Operation =
  | 'describe'
  | 'setThreads'
  | 'quit'
  | 'gemm'
  | 'add'
  | 'zero'
  | 'addBias'
  | 'sumColumns'
  | 'rmsNorm'
  | 'rmsNormBackward'
  | 'swiglu'
  | 'swigluBackward'
  | 'embed'
  | 'embedBackward'
  | 'headRows'
  | 'attentionScratch'
  | 'attention'
  | 'sumSquares'
  | 'adamw'
  | 'pageWrite'
  | 'pagedAttention'
  | 'sample';

/** One build of the kernels, loaded. */
export type Build = {
  readonly kind: 'native' | 'wasm';
  /** avx512, avx2 or base (native); simd or relaxed-simd (wasm). */
  readonly instructions: string;
  readonly grow: (bytes: number) => Slab;
  readonly memoryLimit: number;
  readonly operation: (index: number) => string | undefined;
  readonly run: (operation: number, address: number) => void;
  /** Makes sure that `count` threads beside the caller can take tasks. */
  readonly startWorkers: (count: number) => void;
  readonly close: () => void;
};

/** Loaded kernels with their memory and threads. */
export type Kernels = {
  readonly kind: Build['kind'];
  readonly instructions: string;
  readonly heap: Heap;
  /** Positions that a page of the KV cache holds. */
  readonly page: number;
  /** Columns of a micro-tile: packed matrices are padded to a multiple of it. */
  readonly tileColumns: number;
  /** Columns of B that a product packs at a time. */
  readonly columnsAtOnce: number;
  readonly threads: () => number;
  setThreads(count: number): void;
  /** Runs an operation; numbers, in the order that its op_ function reads them. Returns what it wrote into a[0]. */
  run(operation: Operation, ...values: number[]): number;
  /** Address of work space that lasts until the next call; `bytes` may grow. */
  scratch(bytes: number): number;
  close(): void;
};

const argumentSlots = 64;
/** What the pool can hold (MAX_THREADS of pool.h). */
export const mostThreads = 64;

const operationsOf = (build: Build): Map<string, number> => {
  const found = new Map<string, number>();
  for (let i = 0; ; i++) {
    const name = build.operation(i);
    if (name === undefined) return found;
    found.set(name, i);
  }
};

export const floatsOf = ({ slab, offset }: Block, length: number): Float32Array =>
  new Float32Array(slab.buffer() as ArrayBuffer, slab.start + offset, length);

export const intsOf = ({ slab, offset }: Block, length: number): Int32Array =>
  new Int32Array(slab.buffer() as ArrayBuffer, slab.start + offset, length);

export const doublesOf = ({ slab, offset }: Block, length: number): Float64Array =>
  new Float64Array(slab.buffer() as ArrayBuffer, slab.start + offset, length);

/** Work space that grows to the largest request. */
const openScratch = (heap: Heap) => {
  let block: Block | undefined;
  return (bytes: number): number => {
    if (!block || block.bytes < bytes) {
      if (block) heap.free(block);
      block = heap.allocate(bytes);
    }
    return block.address;
  };
};

/** Opens a build: memory, work space, `threads` threads in all (the caller's included). */
export const openKernels = (build: Build, threads: number): Kernels => {
  const heap = openHeap({ grow: build.grow, limit: build.memoryLimit });
  const numbers = operationsOf(build);
  const block = heap.allocate(argumentSlots * 8);
  const slots = doublesOf(block, argumentSlots);
  let running = 1;
  const run = (operation: Operation, ...values: number[]): number => {
    const index = numbers.get(operation);
    if (index === undefined) throw new Error(`these kernels know no operation ${operation}`);
    for (let i = 0; i < values.length; i++) slots[i] = values[i]!;
    build.run(index, block.address);
    return slots[0]!;
  };
  const setThreads = (count: number): void => {
    if (!Number.isInteger(count) || count < 1 || count > mostThreads) {
      throw new RangeError(
        `threads is ${count}; it must be a whole number from 1 to ${mostThreads}`,
      );
    }
    build.startWorkers(count - 1);
    run('setThreads', count);
    running = count;
  };
  run('describe');
  const [, , tileColumns, page, columnsAtOnce] = slots as unknown as number[];
  setThreads(threads);
  return {
    kind: build.kind,
    instructions: build.instructions,
    heap,
    page: page!,
    tileColumns: tileColumns!,
    columnsAtOnce: columnsAtOnce!,
    threads: () => running,
    setThreads,
    run,
    scratch: openScratch(heap),
    close: build.close,
  };
};
