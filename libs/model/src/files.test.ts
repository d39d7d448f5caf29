import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeObstacle, openCompute } from '@coa/compute';
import { openSafetensors, writeSafetensors } from '@coa/weights';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ggufName } from './gguf.ts';
import { huggingFaceParts } from './hugging-face.ts';
import { parseConfig, renderConfig } from './hugging-face-config.ts';
import { withLora } from './lora.ts';
import { createModel } from './model.ts';
import { loadModel, saveModel } from './model-folder.ts';
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

describe('a config.json', () => {
  const parse = (changes: object, base = tinyConfig({ positions: 8192 })) =>
    parseConfig(JSON.stringify({ ...JSON.parse(renderConfig(base)), ...changes }), 'config.json');
  const yarn = { rope_type: 'yarn', factor: 4, rope_theta: 1e6 };
  const mistral = { model_type: 'mistral', attention_bias: undefined };
  const qwen = { model_type: 'qwen2', attention_bias: undefined, use_sliding_window: true };

  test.each<[string, object, number]>([
    ['Transformers 4', { rope_theta: 5e5 }, 5e5],
    ['nothing', { rope_theta: undefined }, 1e4],
    [
      'Transformers 5',
      { rope_theta: undefined, rope_parameters: { rope_type: 'default', rope_theta: 1e6 } },
      1e6,
    ],
    [
      'both alike',
      { rope_theta: 1e6, rope_parameters: { rope_theta: 1e6 }, rope_scaling: null },
      1e6,
    ],
    ['a scaling that does not scale', { rope_theta: 7, rope_scaling: { type: 'default' } }, 7],
  ])('says how RoPE turns: %s', (_, changes, theta) => {
    expect(parse(changes).ropeTheta).toBe(theta);
  });

  test.each<[string, object, RegExp]>([
    ['scaling as Transformers 5 writes it', { rope_parameters: yarn }, /rope_parameters is .*yarn/],
    ['scaling as Transformers 4 writes it', { rope_scaling: yarn }, /rope_scaling is .*yarn/],
    ['its older name', { rope_scaling: { type: 'linear', factor: 2 } }, /rope_scaling is .*linear/],
    ['two bases', { rope_theta: 7, rope_parameters: { rope_theta: 8 } }, /as 7 and 8/],
    ['turning a part', { partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0\.5/],
    [
      'turning a part, as Transformers 5 writes it',
      { rope_parameters: { rope_type: 'default', rope_theta: 7, partial_rotary_factor: 0.5 } },
      /rope_parameters is .*0\.5/,
    ],
    ['turning neighbours', { rope_interleaved: true }, /rope_interleaved/],
    ['a bias of the output projection', { attention_bias: true }, /attention_bias is set/],
    ["Mistral's window", { ...mistral, sliding_window: 4096 }, /4096 tokens back .* of 8192/],
    ["Mistral's window where it is not named", mistral, /4096 tokens back/],
    ["Qwen2's window", { ...qwen, sliding_window: 99, max_window_layers: 1 }, /99 tokens back/],
    ['a layer with a window', { layer_types: ['full_attention', 'sliding_attention'] }, /4096 tok/],
    ['packed weights', { quantization_config: { bits: 4 } }, /quantization_config/],
    ['biases of the MLP', { mlp_bias: true }, /mlp_bias/],
  ])('that asks for what the network does not do is refused: %s', (_, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  test.each<[string, object]>([
    ['a window of null', { ...mistral, sliding_window: null }],
    ['a window as long as the positions', { ...mistral, sliding_window: 8192 }],
    ['a window that is off', { ...qwen, use_sliding_window: false, sliding_window: 99 }],
    ['a window of no layer', { ...qwen, sliding_window: 99, max_window_layers: 2 }],
    ['layers that see all', { ...mistral, layer_types: ['full_attention', 'full_attention'] }],
  ])('that asks for nothing more is read: %s', (_, changes) => {
    expect(parse(changes).positions).toBe(8192);
  });
});

describe('tensors that the network has no place for', () => {
  const path = join(folder, 'surplus');
  /** The model's folder with more tensors in its file. */
  const withExtra = (name: string, valuesOf: (embedding: Float32Array) => Float32Array) => {
    saveModel(createModel(tinyConfig(), 2), path, { dtype: 'F32' });
    const file = join(path, 'model.safetensors');
    const whole = openSafetensors(file);
    const held = new Map([...whole.tensors.keys()].map((key) => [key, whole.read(key)]));
    const extra = valuesOf(held.get('model.embed_tokens.weight')!);
    const shapes = [...whole.tensors.values()].map(({ name: key, shape }) => ({
      name: key,
      shape,
    }));
    whole.close();
    const tensors = [...shapes, { name, shape: [extra.length / 18, 18] }];
    writeSafetensors(file, tensors, (key) => held.get(key) ?? extra, { dtype: 'F32' });
    return () => loadModel(path);
  };
  const zeros = () => new Float32Array(18);

  test.each([
    'model.layers.0.self_attn.o_proj.bias',
    'model.layers.1.self_attn.q_norm.weight',
    'model.layers.2.mlp.up_proj.weight',
    'score.weight',
  ])('%s is refused by name', (name) => {
    expect(withExtra(name, zeros)).toThrow(
      `has 1 tensors that this model has no place for (${name})`,
    );
  });

  test.each(['model.layers.0.self_attn.rotary_emb.inv_freq', 'model.rotary_emb.inv_freq'])(
    '%s follows from config.json',
    (name) => {
      expect(withExtra(name, zeros)).not.toThrow();
    },
  );

  test('a head beside a tied embedding must be the embedding', () => {
    expect(withExtra('lm_head.weight', (embedding) => embedding)).not.toThrow();
    expect(withExtra('lm_head.weight', (embedding) => embedding.map((x) => 2 * x))).toThrow(
      /lm_head\.weight of its own/,
    );
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
