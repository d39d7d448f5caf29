import { nativeObstacle, openCompute } from '@coa/compute';
import { seededRng, workedExamples } from '@coa/core';
import { testPolicy } from '@coa/core/testing';
import { labTokens, loadTokenizer, trainBpe } from '@coa/tokenizer';
import { describe, expect, test } from 'vitest';
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

/** A nano model that has read a few sentences, each with its end: enough to write text that is not noise. */
const openTrained = async (end = '\n') => {
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
    const ids = Int32Array.from([
      ...tokenizer.encode(text).slice(0, 95),
      ...tokenizer.encodeMarkup(end),
    ]);
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

describe('a model that never ends a turn', () => {
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
});

describe('a model that ends its turns', () => {
  testPolicy(
    async () =>
      modelPolicy({ ...(await openTrained('<|im_end|>')), name: 'nano', fingerprint: 'nano' }),
    { stopString: 'e' },
  );

  test('ends at its end token, which is left out; with no end tokens it goes on past it', async () => {
    const trained = await openTrained('<|im_end|>');
    const end = trained.tokenizer.specials.get('<|im_end|>')!;
    const prompt = { system: '', examples: [], user: 'u', assistantPrefix: texts[0]!.slice(0, 12) };
    const options = { maxTokens: 160, temperature: 0, topP: 1, seed: 1, stop: [] };
    const written = async (endTokens?: readonly string[]) => {
      const named = { name: 'nano', fingerprint: 'nano', ...(endTokens && { endTokens }) };
      const policy = modelPolicy({ ...trained, ...named });
      const [made] = await policy.generate([{ context: { prompt, segments: [] }, options }]);
      await policy.close();
      return made!;
    };
    const [ending, endless] = [await written(), await written([])];
    expect(ending.finish).toBe('end');
    expect(ending.ids).not.toContain(end);
    expect(endless.finish).toBe('length');
    expect(endless.ids).toHaveLength(160);
    expect([...endless.ids!].slice(0, ending.ids!.length + 1)).toEqual([...ending.ids!, end]);
    expect(endless.text.startsWith(ending.text)).toBe(true);
    expect(endless.text).not.toContain('<|im_end|>');
  });
});

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
