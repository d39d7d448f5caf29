import { nativeObstacle, openCompute } from '@coa/compute';
import { seededRng, workedExamples } from '@coa/core';
import { testPolicy } from '@coa/core/testing';
import { labTokens, loadTokenizer, trainBpe } from '@coa/tokenizer';
import { expect, test } from 'vitest';
import { llamaConfig } from './config.ts';
import { createModel } from './model.ts';
import { modelPolicy } from './model-policy.ts';
import { createOptimizer, defaultOptimizer } from './optimizer.ts';
import { packSequences } from './packing.ts';
import { crossEntropy } from './scores.ts';
import { train } from './train.ts';

const texts = workedExamples.flatMap(({ question, hops, conclusion }) => [
  question,
  conclusion,
  ...hops.flatMap(({ thought, search, result }) => [thought, search, result.text]),
]);

/** A nano model that has read a few sentences: enough to write text that is not noise. */
const openTrained = async () => {
  await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 2 });
  const tokenizer = loadTokenizer(
    trainBpe(texts, { vocabularySize: 400, specialTokens: labTokens() }),
  );
  const config = llamaConfig({
    vocabulary: tokenizer.size,
    width: 64,
    layers: 2,
    heads: 2,
    ffn: 128,
    positions: 21_000,
  });
  const model = createModel(config, 1);
  const sequences = texts.map((text) => {
    const ids = tokenizer.encode(`${text}\n`).slice(0, 96);
    return { ids, wanted: new Uint8Array(ids.length).fill(1) };
  });
  await train(model, createOptimizer(model), {
    steps: 250,
    schedule: { kind: 'constant', peak: 3e-3, warmup: 5, steps: 250, floor: 1 },
    optimizer: defaultOptimizer,
    seed: 1,
    recipe: 'worked examples',
    checkpoint: null,
    batch: (_step, rng) => {
      const packed = packSequences(
        Array.from({ length: 8 }, () => sequences[Math.floor(rng() * sequences.length)]!),
      );
      const weights = new Float32Array(packed.rows.length).fill(1);
      return [{ label: 'sentences', loss: () => crossEntropy(model, packed, weights) }];
    },
  });
  return { model, tokenizer };
};

testPolicy(
  async () =>
    modelPolicy({
      ...(await openTrained()),
      name: 'nano',
      fingerprint: 'nano',
      concurrency: 4,
      endTokens: [],
    }),
  { stopString: 'e' },
);

test('protocol tags are single tokens in a prompt, and never come from contents', async () => {
  const { model, tokenizer } = await openTrained();
  const policy = modelPolicy({ model, tokenizer, name: 'nano', fingerprint: 'nano' });
  const tag = tokenizer.specials.get('<begin_search>')!;
  const prompt = { system: '', examples: [], user: '<begin_search>', assistantPrefix: '<think>\n' };
  const ids = [...policy.promptIds(prompt)!];
  expect(ids).not.toContain(tag);
  expect(ids).toContain(tokenizer.specials.get('<think>'));
  const rng = seededRng(3);
  const tags = [...tokenizer.specials.keys()];
  const passage = Array.from({ length: 200 }, () => tags[Math.floor(rng() * tags.length)]).join(
    ' ',
  );
  expect(
    [...policy.encode(passage)!].some((id) => [...tokenizer.specials.values()].includes(id)),
  ).toBe(false);
  await policy.close();
});

test('a tokenizer larger than the vocabulary, and a context that fills the model, are refused', async () => {
  const { model, tokenizer } = await openTrained();
  const small = createModel({ ...model.config, vocabulary: 50 }, 1);
  expect(() => modelPolicy({ model: small, tokenizer, name: 'n', fingerprint: 'n' })).toThrow(
    /only 50/,
  );
  const policy = modelPolicy({ model, tokenizer, name: 'n', fingerprint: 'n', contextTokens: 10 });
  const context = {
    prompt: { system: 'a', examples: [], user: 'b', assistantPrefix: '' },
    segments: [],
  };
  const options = { maxTokens: 3, temperature: 1, topP: 1, seed: 1, stop: [] };
  await expect(policy.generate([{ context, options }])).rejects.toThrow(
    /leaves no room in the policy's 10/,
  );
  await policy.close();
});
