import { expect, test } from 'vitest';
import { overridden } from './experiment.ts';
import { tinyExperiment } from './fixtures/tiny.ts';
import { trainedArm } from './training/atlas-arms.ts';
import { atlasRecipe, quickStages, sft1 } from './training/atlas-recipes.ts';

const experiment = {
  ...tinyExperiment,
  arms: {
    ...tinyExperiment.arms,
    quick: trainedArm(atlasRecipe(...quickStages)),
    small: trainedArm(atlasRecipe({ ...sft1, pairs: 1 })),
  },
};

test('toy size keeps every arm and stage, and makes each small', () => {
  const toy = overridden(experiment, { toy: true });
  expect(toy).toMatchObject({ name: 'tiny-toy', questionsPerDataset: 1, repeats: 1 });
  expect(Object.keys(toy.arms)).toEqual(Object.keys(experiment.arms));
  expect(toy.arms['Model only']).toEqual(tinyExperiment.arms['Model only']);
  const { stages } = toy.arms.quick!.recipe!;
  expect(stages.map(({ kind, name }) => [kind, name])).toEqual(
    quickStages.map(({ kind, name }) => [kind, name]),
  );
  expect(stages.every(({ source }) => source.questions <= 24)).toBe(true);
  // what is small already stays as it is
  expect(toy.arms.small!.recipe!.stages[0]).toMatchObject({ pairs: 1 });
});

test('what the command line says goes before toy size', () => {
  expect(overridden(experiment, { toy: true, limit: 3, repeats: 2 })).toMatchObject({
    questionsPerDataset: 3,
    repeats: 2,
  });
});
