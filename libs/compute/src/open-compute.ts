import { availableParallelism } from 'node:os';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { CoaBackend } from './backend.ts';
import { registerKernels } from './fused-kernel.ts';
import { type Build, mostThreads, openKernels } from './kernels.ts';
import { loadNative, nativeObstacle } from './native-build.ts';
import './ops/arithmetic.ts';
import { loadWasm, type WasmInstructions, wasmInstructions } from './wasm-build.ts';

/**
 * native, wasm: our kernels. cuda: tfjs-node-gpu. tensorflow: tfjs-node. plain: tfjs's own JavaScript kernels, for
 * comparisons.
 */
export type BackendName = 'native' | 'wasm' | 'wasm-simd' | 'cuda' | 'tensorflow' | 'plain';

export const backendNames: readonly BackendName[] = [
  'native',
  'wasm',
  'wasm-simd',
  'cuda',
  'tensorflow',
  'plain',
];

export type ComputeOptions = {
  /** auto: native, else WASM. TensorFlow's backends are taken where they are asked for. */
  readonly backend?: BackendName | 'auto';
  /** Threads in all; default: the cores that this process may use. TensorFlow's backends choose their own. */
  readonly threads?: number;
};

/** What runs, and why. */
export type Compute = {
  readonly backend: BackendName;
  /** Instruction set of our kernels, or the package's name and version. */
  readonly detail: string;
  /** null where the library chooses. */
  readonly threads: number | null;
  /** Why it is this one. */
  readonly why: string;
  /** Identifies arithmetic: results are bit-equal within one of these. */
  readonly fingerprint: string;
};

const packages = {
  cuda: '@tensorflow/tfjs-node-gpu',
  tensorflow: '@tensorflow/tfjs-node',
} as const;

const described = (
  backend: BackendName,
  { instructions }: { instructions: string },
  threads: number,
  why: string,
): Compute => ({
  backend,
  detail: instructions,
  threads,
  why,
  fingerprint: `${backend} ${instructions}`,
});

const openOurs = async (
  backend: 'native' | 'wasm' | 'wasm-simd',
  load: () => Build,
  threads: number,
  why: string,
): Promise<Compute> => {
  const name = `coa-${backend}`;
  if (!tf.engine().registryFactory[name]) {
    const opened = new CoaBackend(openKernels(load(), threads));
    registerKernels(name);
    tf.registerBackend(name, () => opened);
  }
  await tf.setBackend(name);
  const { kernels } = tf.backend() as CoaBackend;
  if (kernels.threads() !== threads) kernels.setThreads(threads);
  return described(backend, kernels, threads, why);
};

const messageOf = (cause: unknown): string =>
  String(cause instanceof Error ? cause.message : cause).split('\n')[0]!;

/** tfjs-node and tfjs-node-gpu 4.22 call `util.isNullOrUndefined` whenever they compute; Node 23 removed it. */
const restoreUtil = (): void => {
  const known = util as unknown as { isNullOrUndefined?: (value: unknown) => boolean };
  known.isNullOrUndefined ??= (value) => value === null || value === undefined;
};

/** tfjs-node and tfjs-node-gpu register the backend `tensorflow` when they are imported. */
const openTensorflow = async (
  backend: 'cuda' | 'tensorflow',
  load: (name: string) => Promise<unknown>,
): Promise<Compute> => {
  const name = packages[backend];
  restoreUtil();
  let module: { version?: Record<string, string> };
  try {
    module = (await load(name)) as typeof module;
  } catch (cause) {
    throw new Error(
      `the backend ${backend} needs ${name}, which does not load here (${messageOf(cause)}); npm install --no-save ${name}@4.22.0`,
      { cause },
    );
  }
  if (!tf.findBackendFactory('tensorflow') || !(await tf.setBackend('tensorflow')))
    throw new Error(`${name} is installed, but its backend does not start`);
  const version = module.version?.['tfjs-node'] ?? module.version?.tfjs ?? 'unknown version';
  const detail = `${name} ${version}`;
  return { backend, detail, threads: null, why: 'asked for', fingerprint: detail };
};

const assertThreads = (threads: number): void => {
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
    throw new RangeError(
      `threads is ${threads}; it must be a whole number from 1 to ${mostThreads}`,
    );
  }
};

const openBackend = async (
  backend: BackendName | 'auto',
  threads: number,
  load: (name: string) => Promise<unknown>,
): Promise<Compute> => {
  const wasm = (instructions: WasmInstructions, why: string) =>
    openOurs(
      instructions === 'simd' ? 'wasm-simd' : 'wasm',
      () => loadWasm(instructions),
      threads,
      why,
    );
  switch (backend) {
    case 'native':
      return openOurs('native', () => loadNative(), threads, 'asked for');
    case 'wasm':
      return wasm(wasmInstructions(), 'asked for');
    case 'wasm-simd':
      return wasm('simd', 'asked for');
    case 'cuda':
    case 'tensorflow':
      return openTensorflow(backend, load);
    case 'plain':
      await tf.setBackend('cpu');
      // it would advise installing tfjs-node
      Object.assign(tf.backend(), { firstUse: false });
      return {
        backend,
        detail: `tfjs ${tf.version_core}`,
        threads: 1,
        why: 'asked for',
        fingerprint: 'plain',
      };
    case 'auto': {
      const obstacle = nativeObstacle();
      if (obstacle === null)
        return openOurs('native', () => loadNative(), threads, 'the native kernels are built');
      return wasm(wasmInstructions(), `the native kernels are ${obstacle}`);
    }
  }
};

/** By tfjs's names of the backends that were opened. */
const fingerprints = new Map<string, string>();

/**
 * Makes a backend tfjs's current one.
 * @param load how packages are imported; for tests.
 */
export const openCompute = async (
  {
    backend = 'auto',
    threads = Math.min(availableParallelism(), mostThreads),
  }: ComputeOptions = {},
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<Compute> => {
  assertThreads(threads);
  const compute = await openBackend(backend, threads, load);
  fingerprints.set(tf.getBackend(), compute.fingerprint);
  return compute;
};

/** `fingerprint` of what computes now: results are bit-equal within one of these. */
export const currentFingerprint = (): string =>
  fingerprints.get(tf.getBackend()) ?? tf.getBackend();
