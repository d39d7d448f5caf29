import * as tf from '@tensorflow/tfjs-core';
import type { CoaBackend } from './backend.ts';

export type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;
export type TensorMap = Record<string, tf.Tensor>;

/** A kernel of ours: how it runs on a `CoaBackend`. */
export type FusedKernel<Attributes> = {
  readonly name: string;
  readonly run: (
    backend: CoaBackend,
    inputs: Inputs,
    attributes: Attributes,
  ) => tf.TensorInfo | tf.TensorInfo[];
};

const registered: tf.KernelConfig[] = [];
const backends = new Set<string>();

/** Registers a kernel for all our backends, now and later, and returns what calls it. */
export const fusedKernel = <Attributes extends object>(kernel: FusedKernel<Attributes>) => {
  const kernelFunc: tf.KernelFunc = ({ inputs, backend, attrs }) =>
    kernel.run(backend as CoaBackend, inputs, attrs as unknown as Attributes);
  const config = { kernelName: kernel.name, backendName: '', kernelFunc };
  registered.push(config);
  for (const backendName of backends) tf.registerKernel({ ...config, backendName });
  const call = (inputs: TensorMap, attributes: Attributes): tf.Tensor[] => {
    const result = tf
      .engine()
      .runKernel<tf.Tensor | tf.Tensor[]>(kernel.name, inputs, attributes as never);
    return Array.isArray(result) ? result : [result];
  };
  return { name: kernel.name, call };
};

/** tfjs's CPU kernels and ours, for a backend of this name. */
export const registerKernels = (backendName: string): void => {
  if (backends.has(backendName)) return;
  backends.add(backendName);
  const own = new Set(registered.map(({ kernelName }) => kernelName));
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    if (!own.has(kernelName))
      tf.registerKernel({ kernelName, backendName, kernelFunc: detached(kernelFunc) });
  }
  for (const config of registered) tf.registerKernel({ ...config, backendName });
};

/** Some CPU kernels return views of their inputs (Slice); those must not outlive the input's memory. */
const detached =
  (kernelFunc: tf.KernelFunc): tf.KernelFunc =>
  (call) => {
    const result = kernelFunc(call);
    const inputs = Object.values(call.inputs)
      .flat()
      .filter((input) => input !== undefined) as tf.TensorInfo[];
    const own = (output: tf.TensorInfo) => (call.backend as CoaBackend).detach(output, inputs);
    return Array.isArray(result) ? result.map(own) : own(result);
  };

/** What backpropagation has used and nothing will ask for again. */
let spent: tf.Tensor[] = [];

/**
 * Frees what the previous node of the tape used, and notes this node's. tfjs itself keeps every saved tensor and every
 * gradient until the whole backward pass has ended.
 */
const retire = (dys: readonly (tf.Tensor | null)[], saved: readonly tf.Tensor[]): void => {
  const { activeScope, gradientDepth } = tf.engine().state;
  for (const tensor of spent) tensor.dispose();
  spent = [];
  if (gradientDepth > 0) return;
  // a gradient that the caller passed in is not in the backward pass's own scope
  const own = new Set(activeScope.track);
  spent = [...saved, ...dys.filter((dy) => dy !== null && own.has(dy))] as tf.Tensor[];
};

/** Frees tensors that a node of the tape made for itself, once it is done. */
export const retireLater = (tensors: readonly tf.Tensor[]): void => {
  spent.push(...tensors);
};

export type Gradient<Attributes> = {
  readonly save: readonly string[];
  /** Which outputs to save, after the inputs. */
  readonly saveOutputs?: readonly boolean[];
  readonly slopes: (
    dys: (tf.Tensor | null)[],
    saved: tf.Tensor[],
    attributes: Attributes,
  ) => Record<string, () => tf.Tensor>;
};

/** Registers the backward pass of a fused kernel. A thunk that is not asked for is not computed. */
export const fusedGradient = <Attributes>(
  kernelName: string,
  gradient: Gradient<Attributes>,
): void => {
  tf.registerGradient({
    kernelName,
    inputsToSave: [...gradient.save],
    outputsToSave: gradient.saveOutputs ? [...gradient.saveOutputs] : [],
    gradFunc: (dy, saved, attributes) => {
      const dys = Array.isArray(dy) ? dy : [dy];
      retire(dys, saved);
      return gradient.slopes(dys, saved, attributes as unknown as Attributes);
    },
  });
};
