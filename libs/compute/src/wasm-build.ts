import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Build } from './kernels.ts';

type Memory = {
  readonly buffer: ArrayBufferLike;
  /** Returns the size before, in pages of 64 KiB. */
  grow(pages: number): number;
};

/** The part of WebAssembly that we use; Node's own types leave it to the DOM's. */
type WebAssemblyApi = {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => Memory;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: Memory } },
  ) => { readonly exports: unknown };
};

const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

export type WasmInstructions = 'simd' | 'relaxed-simd';

type Exports = {
  coa_run(operation: number, address: number): void;
  coa_operation(index: number): number;
};

const pageBytes = 65_536;
const mostPages = 65_536;
const stackBytes = 256 * 1024;

const compile = (instructions: WasmInstructions): object => {
  const name = instructions === 'simd' ? 'kernels.wasm' : 'kernels-relaxed.wasm';
  const bytes = readFileSync(new URL(`../kernels/${name}`, import.meta.url));
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    if (instructions === 'simd') throw cause;
    // Node 20 has it behind a flag; later V8 does not know the flag and would complain on stderr
    setFlagsFromString('--experimental-wasm-relaxed-simd');
    return new WebAssembly.Module(bytes);
  }
};

/** Which instructions this runtime's WASM has: relaxed SIMD brings the fused multiply-add. */
export const wasmInstructions = (): WasmInstructions => {
  try {
    compile('relaxed-simd');
    return 'relaxed-simd';
  } catch {
    return 'simd';
  }
};

/** Each worker runs the same module over the shared memory, with a stack of its own, until the pool quits. */
const workerCode = `
const { module, memory, thread, stackTop } = require('node:worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.__stack_pointer.value = stackTop;
exports.coa_worker(thread);
`;

const nameAt = (memory: Memory, address: number): string => {
  const bytes = new Uint8Array(memory.buffer, address);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
};

/** The WASM kernels: no compiler needed, memory ends at 4 GiB. */
export const loadWasm = (instructions: WasmInstructions = wasmInstructions()): Build => {
  const module = compile(instructions);
  const memory = new WebAssembly.Memory({ initial: 32, maximum: mostPages, shared: true });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = instance.exports as unknown as Exports;
  const workers: Worker[] = [];
  /** Appends to the memory; returns the address of the new part. */
  const append = (bytes: number): number => {
    const pages = Math.ceil(bytes / pageBytes);
    try {
      return memory.grow(pages) * pageBytes;
    } catch (cause) {
      throw new RangeError(
        `the WASM memory of ${memory.buffer.byteLength} bytes cannot grow by ${bytes}; it ends at 4 GiB`,
        { cause },
      );
    }
  };
  const startWorker = (thread: number): void => {
    const stackTop = append(stackBytes) + stackBytes;
    const worker = new Worker(workerCode, {
      eval: true,
      execArgv: [],
      workerData: { module, memory, thread, stackTop },
    });
    worker.unref();
    workers.push(worker);
  };
  return {
    kind: 'wasm',
    instructions,
    memoryLimit: (mostPages - 1024) * pageBytes,
    grow: (bytes) => {
      const address = append(bytes);
      return { buffer: () => memory.buffer, start: address, address, bytes };
    },
    operation: (index) => {
      const address = kernels.coa_operation(index);
      return address === 0 ? undefined : nameAt(memory, address);
    },
    run: (operation, address) => kernels.coa_run(operation, address),
    startWorkers: (count) => {
      while (workers.length < count) startWorker(workers.length + 1);
    },
    close: () => {
      for (const worker of workers) void worker.terminate();
    },
  };
};
