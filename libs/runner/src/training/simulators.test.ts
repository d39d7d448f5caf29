import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atlasVersion } from '@coa/atlas';
import type { Question } from '@coa/core';
import { openStore, type Store } from '@coa/store';
import { afterAll, describe, expect, test } from 'vitest';
import { freshPlaces } from '../fixtures/tiny.ts';
import { atlasLimits, atlasRecipe, atlasRl, sft2 } from './atlas-recipes.ts';
import type { Recipe, Simulator, Stage } from './recipe.ts';
import { storedTraining } from './stored-training.ts';
import { stageKeys, trainRecipe } from './train-recipe.ts';
import { isUseful } from './train-simulator.ts';

/** Enough of SFT that the model closes its searches, so that something is simulated. */
const taught: Stage = {
  ...sft2,
  source: { questions: 160, knownShare: 0.5 },
  counts: { coa: 80, cot: 0 },
  config: {
    ...sft2.config,
    epochs: 1,
    tokensPerStep: 1_500,
    schedule: { ...sft2.config.schedule, peak: 4e-3 },
  },
};
const reinforced = (simulator: Simulator): Stage => {
  const rl = atlasRl('RL', { simulated: 2, real: 0 });
  const config = { ...rl.config, questionsPerBatch: 2, groupSize: 3 };
  return { ...rl, simulator, config, source: { questions: 10, knownShare: 1 } };
};
const recipeOf = (...stages: Stage[]): Recipe => ({
  ...atlasRecipe(...stages),
  limits: { ...atlasLimits, horizon: 2, turnTokens: 80 },
});
const separate = { kind: 'separate', questions: 6, seesGold: false, noise: null } as const;
const kinds = {
  self: { kind: 'self' },
  frozen: { kind: 'frozen' },
  separate,
  'separate, sees the answer': { ...separate, seesGold: true },
  'separate, all noise': { ...separate, noise: { start: 1, end: 1, base: 4 } },
} as const satisfies Record<string, Simulator>;

const places = freshPlaces();
const store: Store = openStore(join(places.home, 'runs.db'));
afterAll(() => store.close());

const train = async (simulator: Simulator, stopAt: string | null = null) => {
  const stop = new AbortController();
  const services = storedTraining(
    {
      places,
      stopping: stop.signal,
      say: () => undefined,
      onProgress: (label, done) => {
        if (label === stopAt && done === 1) stop.abort(new Error('stopped'));
      },
    },
    store,
  );
  return await trainRecipe(recipeOf(taught, reinforced(simulator)), 3, services);
};

const observationsOf = (key: string): string[] =>
  [...store.readTrainingRollouts(key)].flatMap(({ rollout }) =>
    rollout.trajectory.steps.flatMap((step) => (step.kind === 'observation' ? [step.text] : [])),
  );
const hashOf = (folder: string): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, 'model.safetensors')))
    .digest('hex');
const simulatorsIn = () => store.listTrainings().filter(({ stage }) => stage === 'RL: simulator');

describe('GRPO on Atlas with every kind of simulator', () => {
  const weights = new Map<string, string>();

  test.each(Object.entries(kinds))(
    '%s: it writes every observation, and its calls are counted as simulated',
    {
      timeout: 600_000,
    },
    async (name, simulator) => {
      const trained = (await train(simulator))!;
      const key = trained.keys.at(-1)!;
      const steps = store.readTrainingSteps(key);
      expect(steps.map(({ step }) => step)).toEqual([1, 2]);
      const calls = steps.reduce((sum, { numbers }) => sum + numbers.simulatedCalls!, 0);
      expect(calls).toBeGreaterThan(0);
      expect(observationsOf(key)).toHaveLength(calls);
      expect(steps.map(({ numbers }) => numbers.realCalls)).toEqual([0, 0]);
      for (const { rollout } of store.readTrainingRollouts(key))
        for (const step of rollout.trajectory.steps)
          if (step.kind === 'observation') expect(step.passageIds).toEqual([]);
      weights.set(name, hashOf(trained.folder));
    },
  );

  test('they answer differently, and each separate one’s own training is stored', () => {
    // the first batch of self and frozen is one and the same; the second is not where the first changed anything
    expect(new Set(weights.values()).size).toBeGreaterThanOrEqual(4);
    const trainings = simulatorsIn();
    expect(trainings).toHaveLength(3);
    for (const { key } of trainings) {
      const steps = store.readTrainingSteps(key);
      expect(steps.length).toBeGreaterThan(0);
      expect(steps[0]!.numbers.policyLoss).toBeGreaterThan(0);
    }
  });

  test('one stopped while its simulator was trained goes on to the same bytes', {
    timeout: 600_000,
  }, async () => {
    const other = { ...separate, questions: 7 };
    expect(await train(other, 'simulator')).toBeNull();
    const resumed = (await train(other))!;
    const bytes = hashOf(resumed.folder);
    rmSync(resumed.folder, { recursive: true });
    const unbroken = await train(other);
    expect(unbroken).toEqual(resumed);
    expect(hashOf(resumed.folder)).toBe(bytes);
  });
});

test('a stage’s key counts the simulator’s version where there is one, and is otherwise what it was', () => {
  const past = { base: 'sha', seed: 0, backend: 'native' };
  const keyOf = (stage: Stage) => stageKeys(atlasRecipe(stage), past)[0];
  const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
  const recipe = atlasRecipe();
  const plain = (stage: Stage, version: number) =>
    hash([hash([version, atlasVersion, recipe.limits, recipe.search, past]), stage]).slice(0, 16);
  const isPlain = (stage: Stage) =>
    [2, 3, 4, 5].some((version) => plain(stage, version) === keyOf(stage));
  expect([sft2, ...Object.values(kinds).map((kind) => reinforced(kind))].map(isPlain)).toEqual([
    ...[true, true, true],
    ...[false, false, false],
  ]);
});

describe('useful passages', () => {
  const question = {
    ...({ id: '1', dataset: 'd', split: 'train', text: 'Are they the same?' } as const),
    ...({ supporting: [], supportComplete: true, type: null, hops: 2 } as const),
    golds: ['no'],
    evidence: [{ subject: 'A', relation: 'author', object: 'Tala Oskel', passageIds: [] }],
  } satisfies Question;
  test('one that has the word no in it answers no question of yes or no', () => {
    expect(isUseful(question, 'There is no such place.')).toBe(false);
    expect(isUseful(question, 'A was written by Tala Oskel.')).toBe(true);
    expect(isUseful({ ...question, golds: ['Marn'] }, 'Marn is no town.')).toBe(true);
  });
});
