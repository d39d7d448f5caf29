import { adamw, addInPlace, sumOfSquares } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { type Model, trainableParameters } from './model.ts';
import { type Parameters, variableOf } from './parameters.ts';

export type OptimizerConfig = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** What decays: everything (as torch.optim.AdamW does by default), or matrices only. */
  readonly decays: 'all' | 'matrices';
  /** Gradients are scaled down to this global L2 norm; null = never. */
  readonly maxGradientNorm: number | null;
};

export const defaultOptimizer: OptimizerConfig = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  decays: 'matrices',
  maxGradientNorm: 1,
};

/** AdamW's moments of the parameters that are trained, and how often it was applied. */
export type Optimizer = {
  readonly parameters: Parameters;
  readonly m: Parameters;
  readonly v: Parameters;
  updates: number;
};

const zerosLike = (parameters: Parameters): Parameters =>
  new Map(
    [...parameters].map(([name, { shape, size }]) => [
      name,
      variableOf(new Float32Array(size), shape, false),
    ]),
  );

export const createOptimizer = (model: Model): Optimizer => {
  const parameters = trainableParameters(model);
  return { parameters, m: zerosLike(parameters), v: zerosLike(parameters), updates: 0 };
};

export const disposeOptimizer = ({ m, v }: Optimizer): void => {
  for (const variable of [...m.values(), ...v.values()]) variable.dispose();
};

/** Summed gradients by parameter name; the caller disposes of them. */
export type Gradients = ReadonlyMap<string, tf.Variable>;

/**
 * The loss of each micro-batch and the sum of their gradients.
 * @param losses each builds one micro-batch's loss; their gradients are added, so divide by the number where a mean is meant
 */
export const gradientsOf = (
  parameters: Parameters,
  losses: readonly (() => tf.Scalar)[],
): { readonly losses: number[]; readonly gradients: Gradients } => {
  const names = [...parameters.keys()];
  const variables = [...parameters.values()];
  const sums = new Map<string, tf.Variable>();
  const values = losses.map((loss) =>
    tf.tidy(() => {
      const { value, grads } = tf.engine().gradients(() => loss(), variables, undefined, true);
      for (const [i, gradient] of grads.entries()) {
        const sum = sums.get(names[i]!);
        if (gradient && sum) addInPlace(sum, gradient);
        else if (gradient) sums.set(names[i]!, tf.variable(gradient, false));
      }
      return value.dataSync()[0]! as never;
    }),
  ) as unknown as number[];
  return { losses: values, gradients: sums };
};

/** L2 norm of all gradients together. */
export const globalNorm = (gradients: Gradients): number => {
  let sum = 0;
  for (const gradient of gradients.values()) sum += sumOfSquares(gradient);
  return Math.sqrt(sum);
};

/** Applies AdamW to every parameter that has a gradient. `norm`: that of the gradients, for clipping. */
export const applyGradients = (
  optimizer: Optimizer,
  gradients: Gradients,
  norm: number,
  settings: OptimizerConfig & { readonly learningRate: number },
): void => {
  const { maxGradientNorm, weightDecay, decays, ...rates } = settings;
  const gradientScale =
    maxGradientNorm !== null && norm > maxGradientNorm ? maxGradientNorm / (norm + 1e-6) : 1;
  optimizer.updates += 1;
  for (const [name, gradient] of gradients) {
    const weight = optimizer.parameters.get(name)!;
    const state = { weight, m: optimizer.m.get(name)!, v: optimizer.v.get(name)! };
    const decay = decays === 'all' || weight.rank > 1 ? weightDecay : 0;
    adamw(state, gradient, {
      ...rates,
      weightDecay: decay,
      gradientScale,
      step: optimizer.updates,
    });
  }
};
