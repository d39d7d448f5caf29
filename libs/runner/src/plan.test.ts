import type { Question } from '@coa/core';
import { expect, test } from 'vitest';
import { tinyExperiment } from './fixtures/tiny.ts';
import { planRollouts, segmentsOf } from './plan.ts';
import { trainedArm } from './training/atlas-arms.ts';
import { atlasRecipe, sft2 } from './training/atlas-recipes.ts';

const question = (dataset: string, id: string): Question => ({
  ...{ id, dataset, split: 'test', text: id, golds: ['a'], supporting: [] },
  ...{ supportComplete: false, type: null, hops: null },
});
const sets = ['nq', 'musique'].map((name) => ['q1', 'q2', 'q3'].map((id) => question(name, id)));
const experiment = { ...tinyExperiment, repeats: 5 };

const seedsBy = (asked: typeof experiment, arm: string): number[] =>
  planRollouts(asked, sets)
    .filter((one) => one.arm === arm)
    .map(({ seed }) => seed);

test('every question and repeat has a seed of its own, the same for every arm', () => {
  const seeds = seedsBy(experiment, 'AutoCoA');
  expect(seeds).toHaveLength(2 * 3 * 5);
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(seedsBy(experiment, 'Model only')).toEqual(seeds);
});

test('seeds do not depend on which arms, sets, questions or how many repeats run', () => {
  const { AutoCoA } = experiment.arms;
  const fewer = { ...experiment, repeats: 2, arms: { AutoCoA: AutoCoA! } };
  const found = planRollouts(fewer, [sets[1]!.slice(1)]);
  const all = planRollouts(experiment, sets);
  for (const one of found) {
    const same = all.find(
      (other) =>
        other.arm === one.arm && other.question === one.question && other.repeat === one.repeat,
    );
    expect(same?.seed).toBe(one.seed);
  }
  expect(found).toHaveLength(2 * 2);
});

test('another root seed gives every repeat another seed', () => {
  const [first, other] = [0, 1].map((seed) => seedsBy({ ...experiment, seed }, 'AutoCoA'));
  expect(first!.filter((seed) => other!.includes(seed))).toEqual([]);
});

test('each repeat of a trained arm is answered by a model of its own', () => {
  const arms = { ...experiment.arms, trained: trainedArm(atlasRecipe(sft2)) };
  const asked = { ...experiment, arms };
  const segments = segmentsOf(asked, planRollouts(asked, sets));
  expect(segments.map(({ trained }) => trained)).toEqual([
    null,
    ...[0, 1, 2, 3, 4].map((repeat) => ({ arm: 'trained', repeat })),
  ]);
  expect(segments.map(({ plan }) => plan.length)).toEqual([60, 6, 6, 6, 6, 6]);
});
