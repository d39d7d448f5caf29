import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atlasRecipe, atlasRl, quickStages, sft1, sft2, sft3 } from './atlas-recipes.ts';
import { drawTraining } from './examples.ts';
import { type Recipe, type Stage, type Teacher, withStage } from './recipe.ts';
import { stageKeys } from './train-recipe.ts';

const past = { base: 'sha', seed: 0, backend: 'native' };
const keys = (...stages: Stage[]) => stageKeys(atlasRecipe(...stages), past);

describe('a stage’s key changes with all that decides its weights, and with nothing else', () => {
  test('recipes share the keys of the stages that they begin with', () => {
    const [first, second] = keys(sft1, sft2);
    expect(keys(sft1, sft2, sft3).slice(0, 2)).toEqual([first, second]);
    expect(keys(sft2)[0]).not.toBe(second);
  });

  test('seed, base, backend, limits and any setting of an earlier stage count', () => {
    const recipe = atlasRecipe(sft1, sft2);
    const [, same] = stageKeys(recipe, past);
    const others = [
      stageKeys(recipe, { ...past, seed: 1 }),
      stageKeys(recipe, { ...past, base: 'other' }),
      stageKeys(recipe, { ...past, backend: 'wasm' }),
      stageKeys({ ...recipe, limits: { ...recipe.limits, temperature: 1 } }, past),
      stageKeys(
        withStage(recipe, 'SFT-1', () => ({ ...sft1, pairs: 7 })),
        past,
      ),
    ];
    expect(new Set([same, ...others.map(([, key]) => key)]).size).toBe(6);
  });

  test('a recipe that was trained before there were teachers has the keys that it had', () => {
    const file = join(import.meta.dirname, '../fixtures/trained-recipe.json');
    const trained = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly recipe: Recipe;
      readonly past: Parameters<typeof stageKeys>[1];
      readonly keys: readonly string[];
    };
    expect(stageKeys(trained.recipe, trained.past)).toEqual(trained.keys);
  });

  test('a teacher counts, and everything about it', () => {
    const teacher: Teacher = {
      model: 'openai:http://127.0.0.1/v1#m',
      prompt: { examples: 2 },
      contextTokens: 4096,
      tokensPerToken: 2,
      attempts: 3,
    };
    const all = [
      sft2,
      { ...sft2, teacher },
      { ...sft2, teacher: { ...teacher, model: 'atlas-base' } },
      { ...sft2, teacher: { ...teacher, attempts: 4 } },
    ].map((stage) => keys(stage)[0]);
    expect(new Set(all).size).toBe(4);
  });
});

test('a stage that is not there cannot be changed', () => {
  const recipe = atlasRecipe(...quickStages);
  expect(() => withStage(recipe, 'SFT-9', (stage) => stage)).toThrow(
    "no stage 'SFT-9' in the recipe; it has: SFT-1, SFT-2, SFT-3, RL-1, RL-2",
  );
});

test('training questions are of the training split, of every set from the first on, and follow from the seed', () => {
  const drawn = drawTraining({ questions: 400, knownShare: 0.25 }, 'test', 3);
  expect(new Set(drawn.map(({ question }) => question.split))).toEqual(new Set(['train']));
  expect(new Set(drawn.slice(0, 100).map(({ question }) => question.dataset)).size).toBe(5);
  const ids = (seed: number) =>
    drawTraining({ questions: 400, knownShare: 0.25 }, 'test', seed).map(
      ({ question }) => question.id,
    );
  expect(ids(3)).toEqual(drawn.map(({ question }) => question.id));
  expect(ids(4)).not.toEqual(ids(3));
});

test('RL stages of one kind differ in name and batches alone', () => {
  for (const [few, many] of [
    [
      { simulated: 1, real: 0 },
      { simulated: 5, real: 0 },
    ],
    [
      { simulated: 0, real: 1 },
      { simulated: 0, real: 5 },
    ],
  ] as const) {
    const [a, b] = [atlasRl('a', few), atlasRl('b', many)];
    expect({ ...a, name: '', batches: null }).toEqual({ ...b, name: '', batches: null });
  }
});
