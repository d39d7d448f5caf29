import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '@coa/core';
import { loadTokenizer } from '@coa/tokenizer';
import { afterAll, describe, expect, test } from 'vitest';
import { runTokenTexts } from './run-tokenizers.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coa-tokenizers-'));
const file = join(root, 'datasets/atlas/base/tokenizer.json');
const tokenizer = loadTokenizer(readFileSync(file, 'utf8'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = (fingerprint: string, arms: Manifest['arms'] = { A: {} }): Manifest => ({
  runId: 'run',
  experiment: 'e',
  claim: '',
  command: '',
  rootSeed: 0,
  repeats: 1,
  arms,
  datasets: [],
  metrics: [],
  model: { name: 'the model', fingerprint },
  environment: { name: '', fingerprint: '' },
  prompts: {},
  revision: { commit: '', dirty: false, lockfile: '' },
  machine: { node: '', cpu: '', cores: 1, platform: '' },
  startedAt: '',
});

const words = 'A river ends — 🚢.';

const readBack = async (of: Manifest, places: { home: string; root: string }) => {
  const texts = (await runTokenTexts(of, places))('A');
  if (typeof texts === 'string') return texts;
  return texts(tokenizer.encode(words))
    ?.map(({ shown }) => shown)
    .join('');
};

describe('the tokenizer of a run', () => {
  const fingerprint = `model:weights:${tokenizer.fingerprint}:native:sampler 1`;

  test('is the committed base model’s where the fingerprint says so', async () => {
    expect(await readBack(manifest(fingerprint), { home: folder, root })).toBe(words);
  });

  test('or that of a stage that was trained', async () => {
    const stage = join(folder, 'training/stages/abc');
    mkdirSync(stage, { recursive: true });
    cpSync(file, join(stage, 'tokenizer.json'));
    const places = { home: folder, root: join(folder, 'elsewhere') };
    expect(await readBack(manifest(fingerprint), places)).toBe(words);
  });

  test('or that of the base that an arm’s recipe names, inside the checkout only', async () => {
    const armOf = (base: unknown) => manifest('none', { A: { recipe: { base } } });
    const places = { home: folder, root };
    expect(await readBack(armOf('datasets/atlas/base'), places)).toBe(words);
    const inside = { home: folder, root: join(root, 'libs') };
    for (const base of [join(root, 'datasets/atlas/base'), '../datasets/atlas/base', 7, null]) {
      expect(await readBack(armOf(base), inside)).toBe(
        'The tokenizer of the model is not at hand.',
      );
    }
  });

  test('or none: the reason says whose is missing', async () => {
    for (const other of ['model:weights:0000:x', 'openai:x', 'gguf:0000:llama.cpp', '']) {
      const places = { home: join(folder, 'nothing'), root };
      expect(await readBack(manifest(other), places)).toBe(
        'The tokenizer of the model is not at hand.',
      );
    }
  });

  test('control tokens are shown, and are no part of the text; foreign ids have none', async () => {
    const texts = (await runTokenTexts(manifest(fingerprint), { home: folder, root }))('A');
    if (typeof texts === 'string') throw new Error(texts);
    const end = tokenizer.specials.get('<|im_end|>')!;
    expect(texts([end])).toEqual([{ shown: '<|im_end|>', decoded: '' }]);
    expect(texts([tokenizer.size])).toBeNull();
    expect(texts([-1])).toBeNull();
  });
});
