import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCompute } from '@coa/compute';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadGguf } from './gguf.ts';
import { type GgufValue, writeModelGguf } from './gguf-files.test-data.ts';
import { createModel, disposeModel } from './model.ts';
import { tinyConfig } from './small-models.test-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await openCompute({ threads: 1 });
});

const file = join(folder, 'model.gguf');
type Settings = Readonly<Record<string, GgufValue>>;
type Extra = Readonly<Record<string, readonly number[]>>;

/** Writes a small model with these settings and tensors added, and opens it. */
const reopened = async (settings: Settings, extra: Extra = {}) => {
  const model = createModel(tinyConfig({ vocabulary: 261 }), 2);
  const tensors = Object.entries(extra).map(([name, values]) => ({
    name,
    shape: [values.length],
    read: () => Float32Array.from(values),
  }));
  writeModelGguf(file, model, settings, tensors);
  return { model, loaded: (await loadGguf(file)).model };
};

test.each<[string, Settings, Extra]>([
  ['as it is', {}, {}],
  ['scaling by nothing', { 'llama.rope.scaling.factor': { f32: 1 } }, {}],
  [
    'scaling that is off',
    { 'llama.rope.scaling.type': { text: 'none' }, 'llama.rope.scaling.factor': { f32: 8 } },
    {},
  ],
  ['a window over every position', { 'llama.attention.sliding_window': { u32: 64 } }, {}],
  ['no experts', { 'llama.expert_count': { u32: 0 } }, {}],
  ['factors of 1', {}, { 'rope_freqs.weight': [1, 1, 1] }],
])('a GGUF model is read back to the bit: %s', async (_, settings, extra) => {
  const { model, loaded } = await reopened(settings, extra);
  expect({ ...loaded.config, normEpsilon: 0 }).toEqual({ ...model.config, normEpsilon: 0 });
  for (const [name, variable] of model.parameters)
    expect(loaded.parameters.get(name)!.dataSync(), name).toEqual(variable.dataSync());
  for (const one of [model, loaded]) disposeModel(one);
});

test.each<[string, Settings, Extra, RegExp]>([
  [
    'YaRN',
    { 'llama.rope.scaling.type': { text: 'yarn' }, 'llama.rope.scaling.factor': { f32: 4 } },
    {},
    /llama\.rope\.scaling\.type is yarn/,
  ],
  [
    'linear scaling',
    { 'llama.rope.scaling.type': { text: 'linear' }, 'llama.rope.scaling.factor': { f32: 4 } },
    {},
    /llama\.rope\.scaling\.factor is 4/,
  ],
  ['its older name', { 'llama.rope.scale_linear': { f32: 2 } }, {}, /rope\.scale_linear is 2/],
  ["Llama 3.1's factors", {}, { 'rope_freqs.weight': [1, 2, 8] }, /scales RoPE .*Llama 3\.1/],
  ['turning a part', { 'llama.rope.dimension_count': { u32: 4 } }, {}, /dimension_count is 4/],
  ['a window', { 'llama.attention.sliding_window': { u32: 16 } }, {}, /sliding_window is 16/],
  ['experts', { 'llama.expert_count': { u32: 8 } }, {}, /expert_count is 8/],
  ['scaled logits', { 'llama.logit_scale': { f32: 0.5 } }, {}, /logit_scale is 0\.5/],
  [
    'a bias of the output projection',
    {},
    { 'blk.0.attn_output.bias': new Array(18).fill(1) },
    /no place for \(blk\.0\.attn_output\.bias\)/,
  ],
  ['a layer too many', {}, { 'blk.2.attn_norm.weight': [1] }, /blk\.2\.attn_norm\.weight/],
  ['a layer too few', { 'llama.block_count': { u32: 3 } }, {}, /no tensor blk\.2\./],
  ['another family', { 'general.architecture': { text: 'gemma' } }, {}, /architecture is gemma/],
])('a GGUF model that ours would not be is refused: %s', async (_, settings, extra, message) => {
  await expect(reopened(settings, extra)).rejects.toThrow(message);
});
