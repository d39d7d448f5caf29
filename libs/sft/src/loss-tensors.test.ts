import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { nativeObstacle, openCompute } from '@coa/compute';
import { seededRng } from '@coa/core';
import {
  createModel,
  crossEntropy,
  disposeModel,
  gradientsOf,
  llamaConfig,
  loadModel,
  type Model,
  packSequences,
  renderConfig,
  tokenLogprobs,
} from '@coa/model';
import { writeSafetensors } from '@coa/weights';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { contrastiveShare, crossEntropyShare } from './loss-tensors.ts';
import { contrastiveLoss, sequenceLogprob } from './losses.ts';

beforeAll(async () => {
  await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 2 });
});

const ignore = (): void => undefined;

/** Sequences with holes in what is wanted. */
const sequences = (lengths: readonly number[], vocabulary: number) => {
  const rng = seededRng(4);
  return lengths.map((length) => ({
    ids: Int32Array.from({ length }, () => Math.floor(rng() * vocabulary)),
    wanted: Uint8Array.from({ length }, (_, i) => Number(i > 1 && i % 4 !== 3)),
  }));
};

const tinyModel = (): Model => {
  const sizes = { vocabulary: 29, width: 18, layers: 2, heads: 3, headDim: 6, ffn: 22 };
  const model = createModel(llamaConfig({ ...sizes, positions: 64 }), 5);
  // larger weights than at the start of training: every path matters
  for (const variable of model.parameters.values())
    tf.tidy(() => variable.assign(variable.mul(variable.rank > 1 ? 8 : 1)));
  return model;
};

const evaluated = (loss: () => tf.Scalar): number =>
  tf.tidy(() => loss().dataSync()[0]! as never) as unknown as number;

describe('the stage-1 loss of packed pairs', () => {
  const pairs = sequences([9, 6, 5, 12, 7, 7], 29);

  test('equals the pure function on each sequence scored alone, whatever row it is packed into', () => {
    const model = tinyModel();
    const own = pairs.map((sequence) => {
      const packed = packSequences([sequence]);
      return sequenceLogprob(
        tokenLogprobs(model, packed),
        packed.rows.map(() => 1),
      );
    });
    const expected = [0, 1, 2].map((i) =>
      contrastiveLoss({ chosen: own[2 * i]!, rejected: own[2 * i + 1]! }, 0.2),
    );
    const seen: number[] = [];
    const see = (chosen: Float32Array, rejected: Float32Array) => seen.push(...chosen, ...rejected);
    const packed = packSequences(pairs, 17);
    const loss = evaluated(() => contrastiveShare(model, packed, { alpha: 0.2, total: 3, see }));
    expect(loss).toBeCloseTo(expected.reduce((sum, part) => sum + part.loss, 0) / 3, 4);
    for (const [i, value] of [0, 2, 4, 1, 3, 5].map((s) => own[s]!).entries())
      expect(seen[i]).toBeCloseTo(value, 4);
    disposeModel(model);
  });

  test.each([false, true])(
    'gradients agree with finite differences; activations checkpointed: %s',
    (checkpointActivations) => {
      const model = tinyModel();
      const packed = packSequences(pairs, 17);
      const given = { alpha: 0.2, total: 3, see: ignore, checkpointActivations };
      const loss = () => contrastiveShare(model, packed, given);
      const { gradients } = gradientsOf(model.parameters, [loss]);
      for (const [name, variable] of model.parameters) {
        const values = Float32Array.from(variable.dataSync());
        const slopes = gradients.get(name)!.dataSync() as Float32Array;
        const at = slopes.reduce((b, s, i) => (Math.abs(s) > Math.abs(slopes[b]!) ? i : b), 0);
        const shifted = (by: number): number => {
          const moved = values.map((x, i) => (i === at ? x + by : x));
          tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
          return evaluated(loss);
        };
        const step = 2e-3;
        const measured = (shifted(step) - shifted(-step)) / (2 * step);
        shifted(0);
        expect(Math.abs(slopes[at]!), name).toBeGreaterThan(1e-3);
        expect(Math.abs(measured - slopes[at]!), name).toBeLessThan(
          0.02 * Math.abs(slopes[at]!) + 2e-4,
        );
      }
      disposeModel(model);
    },
  );

  test('half a pair, and a continuation without a token, are refused', () => {
    const model = tinyModel();
    const given = { alpha: 0, total: 1, see: ignore };
    const odd = packSequences(pairs.slice(0, 3));
    expect(() => tf.tidy(() => contrastiveShare(model, odd, given))).toThrow(
      '3 sequences do not make pairs',
    );
    const empty = { ids: Int32Array.of(1, 2), wanted: new Uint8Array(2) };
    const packed = packSequences([pairs[0]!, empty]);
    expect(() => tf.tidy(() => contrastiveShare(model, packed, given))).toThrow(
      'sequence 1 of the packed pairs has no wanted token',
    );
    disposeModel(model);
  });
});

test("the shares of two micro-batches add up to the model's cross-entropy over both", () => {
  const model = tinyModel();
  const all = sequences([9, 6, 12], 29);
  const whole = packSequences(all);
  const weights = Float32Array.from(whole.rows, (_, i) => 0.5 + (i % 3));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const share = (from: number, to: number) => {
    const packed = packSequences(all.slice(from, to));
    const own = weights.slice(whole.starts[from]!, whole.starts[to]!);
    return evaluated(() => crossEntropyShare(model, packed, { weights: own, total, see: ignore }));
  };
  const together = evaluated(() => crossEntropy(model, whole, weights));
  expect(share(0, 2) + share(2, 3)).toBeCloseTo(together, 5);
  disposeModel(model);
});

const file = resolve(process.env.COA_SHARED ?? '../shared', 'oracles/transformer.json');

test.skipIf(!existsSync(file))(
  "the original network's stage-1 loss (needs ../shared/oracles)",
  () => {
    const oracle = JSON.parse(readFileSync(file, 'utf8'));
    const { config: c, weights, shapes } = oracle;
    const folder = mkdtempSync(join(tmpdir(), 'coa-sft-'));
    const config = llamaConfig({
      vocabulary: c.vocab_size,
      width: c.hidden_size,
      layers: c.num_hidden_layers,
      heads: c.num_attention_heads,
      kvHeads: c.num_key_value_heads,
      ffn: c.intermediate_size,
      positions: 32,
    });
    writeFileSync(join(folder, 'config.json'), renderConfig(config));
    const named = Object.keys(weights).map((name) => ({ name, shape: shapes[name] as number[] }));
    const read = (name: string) => Float32Array.from(weights[name]);
    writeSafetensors(join(folder, 'model.safetensors'), named, read, { dtype: 'F32' });
    const model = loadModel(folder);
    const packed = packSequences(
      (oracle.input_ids as number[][]).map((ids, s) => ({
        ids: Int32Array.from(ids),
        wanted: Uint8Array.from(oracle.loss_mask[s]),
      })),
    );
    const seen: number[] = [];
    const see = (chosen: Float32Array, rejected: Float32Array) => seen.push(...chosen, ...rejected);
    const { alpha, chosen, rejected, loss } = oracle.stage1;
    const ours = evaluated(() => contrastiveShare(model, packed, { alpha, total: 1, see }));
    expect(ours).toBeCloseTo(loss, 4);
    expect(seen[0]).toBeCloseTo(chosen, 4);
    expect(seen[1]).toBeCloseTo(rejected, 4);
    disposeModel(model);
    rmSync(folder, { recursive: true });
  },
);
