import { describe, expect, test } from 'vitest';
import { atlasRecipe, atlasRl, quickStages, sft1, sft2, sft3 } from './atlas-recipes.ts';
import { drawTraining } from './examples.ts';
import { type Stage, withStage } from './recipe.ts';
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
