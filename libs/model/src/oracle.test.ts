import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BackendName, nativeObstacle, openCompute } from '@coa/compute';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { llamaConfig } from './config.ts';
import { hiddenStates } from './forward.ts';
import { huggingFaceParts, joinParts, rowSize } from './hugging-face.ts';
import { disposeModel, headOf, modelOf } from './model.ts';
import {
  applyGradients,
  createOptimizer,
  defaultOptimizer,
  globalNorm,
  gradientsOf,
} from './optimizer.ts';
import { packSequences } from './packing.ts';
import { parametersFrom } from './parameters.ts';
import { crossEntropy, scoreTokens, tokenLogprobs } from './scores.ts';

const file = resolve(process.env.COA_SHARED ?? '../shared', 'oracles/transformer.json');

type Named = Record<string, number[]>;
type Oracle = {
  config: Record<string, number>;
  weights: Named;
  input_ids: number[][];
  loss_mask: number[][];
  logits: number[];
  token_logprobs: number[];
  masked_mean_nll: number;
  gradients: Named;
  stage1: { chosen: number; rejected: number; alpha: number; loss: number };
  adamw: {
    lr: number;
    betas: [number, number];
    eps: number;
    weight_decay: number;
    weights_after_one_step: Named;
  };
};

const backends: BackendName[] = [
  ...(nativeObstacle() === null ? (['native'] as const) : []),
  'wasm',
  'wasm-simd',
  'plain',
];

/** Greatest difference, relative to the greatest value. */
const difference = (ours: ArrayLike<number>, theirs: readonly number[]): number => {
  expect(ours).toHaveLength(theirs.length);
  const largest = Math.max(...theirs.map(Math.abs));
  return Math.max(...theirs.map((value, i) => Math.abs(ours[i]! - value))) / largest;
};

const loadOracle = () => {
  const oracle = JSON.parse(readFileSync(file, 'utf8')) as Oracle;
  const { config: c } = oracle;
  const config = llamaConfig({
    vocabulary: c.vocab_size!,
    width: c.hidden_size!,
    layers: c.num_hidden_layers!,
    heads: c.num_attention_heads!,
    kvHeads: c.num_key_value_heads!,
    ffn: c.intermediate_size!,
    positions: 32,
  });
  const packed = packSequences(
    oracle.input_ids.map((ids) => ({
      ids: Int32Array.from(ids),
      wanted: new Uint8Array(ids.length).fill(1),
    })),
  );
  const weights = Float32Array.from(oracle.loss_mask.flatMap((mask) => mask.slice(1)));
  const parameters = () =>
    parametersFrom(config, (name) =>
      joinParts(config, name, (part) => Float32Array.from(oracle.weights[part.name]!)),
    );
  return { oracle, config, packed, weights, open: () => modelOf(config, parameters()) };
};

describe.skipIf(!existsSync(file)).each(backends)(
  'the original network, on %s (needs ../shared/oracles)',
  (backend) => {
    const setting = existsSync(file) ? loadOracle() : (null as never);
    beforeAll(async () => {
      await openCompute({ backend, threads: 2 });
    });

    test('logits and token log-probs', () => {
      const { oracle, packed, open } = setting;
      const model = open();
      const logits = tf.tidy(() => {
        const ints = (values: Int32Array) => tf.tensor1d(values, 'int32');
        const { ids, positions, first, batch } = packed;
        const block = { ids: ints(ids), positions: ints(positions), first: ints(first), batch };
        return tf.matMul(hiddenStates(model, block), headOf(model), false, true).dataSync();
      });
      expect(difference(logits, oracle.logits)).toBeLessThan(1e-4);
      expect(difference(tokenLogprobs(model, packed), oracle.token_logprobs)).toBeLessThan(1e-4);
      disposeModel(model);
    });

    test.each([false, true])(
      'masked loss and every gradient, activations checkpointed: %s',
      (checkpointActivations) => {
        const { oracle, config, packed, weights, open } = setting;
        const model = open();
        const loss = () => crossEntropy(model, packed, weights, { checkpointActivations });
        const { losses, gradients } = gradientsOf(model.parameters, [loss]);
        expect(losses[0]).toBeCloseTo(oracle.masked_mean_nll, 4);
        for (const { name, parameter, from, to } of huggingFaceParts(config)) {
          const gradient = gradients.get(parameter)!;
          const own = gradient
            .dataSync()
            .subarray(from * rowSize(gradient.shape), to * rowSize(gradient.shape));
          expect(difference(own, oracle.gradients[name]!), name).toBeLessThan(1e-4);
        }
        for (const gradient of gradients.values()) gradient.dispose();
        disposeModel(model);
      },
    );

    test('the stage-1 loss over mean log-probs of the two sequences', () => {
      const { oracle, packed, weights, open } = setting;
      const model = open();
      const { chosen, rejected, alpha, loss } = oracle.stage1;
      const values = tf.tidy(() => {
        const { logprobs } = scoreTokens(model, packed);
        const masked = logprobs.mul(tf.tensor1d(weights));
        const mean = (s: number) => {
          const [from, count] = [packed.starts[s]!, packed.starts[s + 1]! - packed.starts[s]!];
          const own = weights.subarray(from, from + count).reduce((sum, weight) => sum + weight, 0);
          return masked.slice(from, count).sum().div(own);
        };
        const [good, bad] = [mean(0), mean(1)];
        const contrast = tf.softplus(bad.sub(good)).sub(good.mul(alpha));
        return [good, bad, contrast].map((scalar) => scalar.dataSync()[0]!) as never;
      }) as unknown as number[];
      expect(values[0]).toBeCloseTo(chosen, 4);
      expect(values[1]).toBeCloseTo(rejected, 4);
      // the oracle's loss adds alpha times the chosen sequence's mean negative log-likelihood
      expect(values[2]).toBeCloseTo(loss, 4);
      disposeModel(model);
    });

    test('weights after one AdamW step', () => {
      const { oracle, config, packed, weights, open } = setting;
      const model = open();
      const optimizer = createOptimizer(model);
      const { gradients } = gradientsOf(model.parameters, [
        () => crossEntropy(model, packed, weights),
      ]);
      const { lr, betas, eps, weight_decay } = oracle.adamw;
      const rates = {
        beta1: betas[0],
        beta2: betas[1],
        epsilon: eps,
        weightDecay: weight_decay,
        learningRate: lr,
      };
      applyGradients(optimizer, gradients, globalNorm(gradients), {
        ...defaultOptimizer,
        ...rates,
        decays: 'all',
        maxGradientNorm: null,
      });
      for (const { name, parameter, from, to } of huggingFaceParts(config)) {
        const variable = model.parameters.get(parameter)!;
        const own = variable
          .dataSync()
          .subarray(from * rowSize(variable.shape), to * rowSize(variable.shape));
        expect(difference(own, oracle.adamw.weights_after_one_step[name]!), name).toBeLessThan(
          1e-4,
        );
      }
      disposeModel(model);
    });
  },
);
