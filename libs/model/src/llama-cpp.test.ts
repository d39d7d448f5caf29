import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { nativeObstacle, openCompute } from '@coa/compute';
import { ggufPolicy } from '@coa/policies';
import { ggufTokenizer } from '@coa/tokenizer';
import { openGguf } from '@coa/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ourDistributions } from './distributions.test-data.ts';
import { loadGguf } from './gguf.ts';
import { writeFloatCopy, writeModelGguf } from './gguf-files.test-data.ts';
import { agreementOf, llamaDistributions } from './llama-cpp.test-data.ts';
import { createModel, disposeModel, type Model } from './model.ts';
import { modelPolicy } from './model-policy.ts';
import { greatestDifference, randomIds, tinyConfig } from './small-models.test-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-llama-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 1 });
});

/** How far our distributions are from those that llama.cpp makes of `file`. */
const agreementWith = async (file: string, model: Model, texts: readonly Int32Array[]) => {
  const ours = texts.map((ids) => ourDistributions(model, ids));
  return agreementOf(texts, ours, await llamaDistributions(file, texts));
};

test.each([
  ['tied head', {}],
  ['free head, a head each', { tied: false, kvHeads: 3, ropeTheta: 500 }],
])('a network in float32 is the same network in llama.cpp: %s', async (name, changes) => {
  const made = createModel(tinyConfig({ vocabulary: 261, ...changes }), 3);
  for (const variable of made.parameters.values())
    tf.tidy(() => variable.assign(variable.mul(variable.rank > 1 ? 8 : 1)));
  const file = join(folder, `${name}.gguf`);
  writeModelGguf(file, made);
  const { model } = await loadGguf(file);
  expect(model.config).toMatchObject({ ...changes, vocabulary: 261 });
  const texts = [randomIds(40, 261, 1), randomIds(20, 261, 2)];
  const { greatest, sameLikeliest } = await agreementWith(file, model, texts);
  // what is left is llama.cpp's KV cache in float16
  expect(greatest).toBeLessThan(3e-3);
  expect(sameLikeliest).toBe(1);
  for (const one of [made, model]) disposeModel(one);
});

const models = resolve(process.env.COA_HOME ?? '.coa', 'models');
const gguf = existsSync(models)
  ? readdirSync(models).find((name) => /^SmolLM2-135M.*\.gguf$/i.test(name))
  : undefined;

const passages = [
  'The Nile flows north through Egypt to the sea. Its yearly flood left black mud on the fields, and the farmers counted their years by it.',
  'const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];',
  'In 1867 the three hundred and twelve settlers of Port Ellery voted 187 to 125 for the bridge.',
];

describe.skipIf(gguf === undefined)(
  'SmolLM2-135M-Instruct from its GGUF (coa models fetch smollm2-135m-instruct)',
  () => {
    const file = join(models, gguf ?? '');
    const shared = {} as { model: Model; texts: Int32Array[] } & Awaited<
      ReturnType<typeof loadGguf>
    >;
    beforeAll(async () => {
      const loaded = await loadGguf(file);
      const tokenizer = ggufTokenizer(loaded.metadata);
      Object.assign(shared, loaded, { texts: passages.map((text) => tokenizer.encode(text)) });
    }, 300_000);
    afterAll(() => disposeModel(shared.model));

    test('teacher-forced, the same file: as far apart as 8-bit activations make them', async () => {
      const agreement = await agreementWith(file, shared.model, shared.texts);
      // llama.cpp rounds activations to 8 bits before its products with 4-bit weights; ours stay float32
      expect(agreement.greatest).toBeLessThan(0.6);
      expect(agreement.mean).toBeLessThan(0.1);
      expect(agreement.sameLikeliest).toBeGreaterThan(0.9);
      expect(agreement.greatestDivergence).toBeLessThan(0.05);
    }, 300_000);

    test('teacher-forced, the same weights in float32: a hundred times closer', async () => {
      const floats = join(folder, 'floats.gguf');
      const weights = await openGguf(file);
      writeFloatCopy(floats, file, weights);
      weights.close();
      const agreement = await agreementWith(floats, shared.model, shared.texts);
      rmSync(floats);
      expect(agreement.greatest).toBeLessThan(0.01);
      expect(agreement.mean).toBeLessThan(0.002);
      expect(agreement.sameLikeliest).toBe(1);
      expect(agreement.greatestDivergence).toBeLessThan(1e-3);
    }, 300_000);

    test('writes what llama.cpp writes, with close log-probs', async () => {
      const { model, metadata } = shared;
      const tokenizer = ggufTokenizer(metadata);
      const ours = modelPolicy({
        model,
        tokenizer,
        name: 'ours',
        fingerprint: 'test',
        contextTokens: 512,
        cacheBytes: 2 ** 28,
      });
      const theirs = await ggufPolicy({ file, sequences: 1, contextTokens: 512, topK: 49_152 });
      const user = 'What is the capital of France?';
      const prompt = {
        system: 'You answer in one short sentence.',
        examples: [],
        user,
        assistantPrefix: '',
      };
      const options = { maxTokens: 12, temperature: 0, topP: 1, seed: 1, stop: [] };
      const ask = { context: { prompt, segments: [] }, options };
      const [[mine], [llama]] = await Promise.all([ours.generate([ask]), theirs.generate([ask])]);
      expect(ours.promptIds(prompt)).toEqual(theirs.promptIds(prompt));
      expect(mine!.text).toBe(llama!.text);
      expect(mine!.text).toContain('Paris');
      // llama.cpp rounds activations to 8 bits before its products with 4-bit weights; ours stay float32
      expect(greatestDifference(mine!.logprobs!, llama!.logprobs!)).toBeLessThan(0.3);
      await Promise.all([ours.close(), theirs.close()]);
    }, 300_000);
  },
);
