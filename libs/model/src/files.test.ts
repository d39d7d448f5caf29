import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { nativeObstacle, openCompute } from '@coa/compute';
import { ggufPolicy } from '@coa/policies';
import { ggufTokenizer } from '@coa/tokenizer';
import { openSafetensors } from '@coa/weights';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ggufName, loadGguf } from './gguf.ts';
import { huggingFaceParts, parseConfig, renderConfig } from './hugging-face.ts';
import { withLora } from './lora.ts';
import { createModel } from './model.ts';
import { loadModel, saveModel } from './model-folder.ts';
import { modelPolicy } from './model-policy.ts';
import { packSequences } from './packing.ts';
import { tokenLogprobs } from './scores.ts';
import { greatestDifference, randomSequences, tinyConfig } from './small-models.test-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-model-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm' });
});

describe('a model folder', () => {
  test.each([
    ['tied', {}],
    ['free head, biases', { tied: false, qkvBias: true, kvHeads: 3 }],
  ])('comes back as it was saved: %s', (name, changes) => {
    const model = createModel(tinyConfig(changes), 2);
    const path = join(folder, name);
    saveModel(model, path, { dtype: 'F32' });
    const loaded = loadModel(path);
    expect(loaded.config).toEqual(model.config);
    for (const [parameter, variable] of model.parameters) {
      expect(loaded.parameters.get(parameter)!.dataSync(), parameter).toEqual(variable.dataSync());
    }
  });

  test('has the names and shapes that Transformers expects', () => {
    const path = join(folder, 'names');
    saveModel(createModel(tinyConfig(), 2), path, { dtype: 'BF16' });
    const { tensors, close } = openSafetensors(join(path, 'model.safetensors'));
    const shapeOf = (name: string) => tensors.get(name)?.shape;
    expect(shapeOf('model.layers.1.self_attn.k_proj.weight')).toEqual([6, 18]);
    expect(shapeOf('model.layers.0.mlp.up_proj.weight')).toEqual([22, 18]);
    expect(shapeOf('model.layers.0.input_layernorm.weight')).toEqual([18]);
    expect(tensors.get('model.embed_tokens.weight')?.dtype).toBe('BF16');
    expect(tensors.has('lm_head.weight')).toBe(false);
    close();
  });

  test('float16 keeps scores within a hundredth; adapters are merged into what is saved', () => {
    const model = withLora(
      createModel(tinyConfig(), 2),
      { rank: 2, alpha: 4, targets: ['q', 'down'] },
      3,
    );
    const packed = packSequences(randomSequences([12], 29));
    saveModel(model, join(folder, 'half'), { dtype: 'F16' });
    expect(
      greatestDifference(
        tokenLogprobs(loadModel(join(folder, 'half')), packed),
        tokenLogprobs(model, packed),
      ),
    ).toBeLessThan(0.01);
  });

  test('what does not fit is refused by file and name', () => {
    const path = join(folder, 'broken');
    saveModel(createModel(tinyConfig(), 2), path, { dtype: 'F32' });
    const file = join(path, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    const load = (changes: object) => {
      writeFileSync(file, JSON.stringify({ ...config, ...changes }));
      return () => loadModel(path);
    };
    expect(load({ num_hidden_layers: 3 })).toThrow(/no tensor model\.layers\.2/);
    expect(load({ intermediate_size: 23 })).toThrow(/gate_proj\.weight has 396 values/);
    expect(load({ hidden_act: 'gelu' })).toThrow(/hidden_act is gelu/);
    expect(load({ rope_scaling: { type: 'yarn' } })).toThrow(/rope_scaling/);
    expect(load({ model_type: 'gpt2' })).toThrow(/model_type/);
  });

  test('config.json survives the round trip', () => {
    const config = tinyConfig({ tied: false, qkvBias: true });
    expect(parseConfig(renderConfig(config), 'config.json')).toEqual(config);
  });
});

test('every Hugging Face tensor has a GGUF name of its own', () => {
  const names = huggingFaceParts(tinyConfig({ tied: false, qkvBias: true })).map(({ name }) =>
    ggufName(name),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('blk.1.attn_q.bias');
  expect(() => ggufName('model.layers.0.self_attn.rotary_emb.inv_freq')).toThrow(/rotary/);
});

const models = resolve(process.env.COA_HOME ?? '.coa', 'models');
const gguf = existsSync(models)
  ? readdirSync(models).find((name) => name.startsWith('SmolLM2-135M'))
  : undefined;

describe.skipIf(gguf === undefined)(
  'SmolLM2-135M-Instruct from its GGUF (coa models fetch smollm2-135m-instruct)',
  () => {
    test('writes what llama.cpp writes, with close log-probs', async () => {
      const file = join(models, gguf!);
      const { model, metadata } = await loadGguf(file);
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
    }, 120_000);
  },
);
