import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@coa/store';
import { expect, test } from 'vitest';
import { freshPlaces } from '../fixtures/tiny.ts';
import { atlasRecipe, atlasRl, sft1, sft2 } from './atlas-recipes.ts';
import type { Stage } from './recipe.ts';
import { storedTraining } from './stored-training.ts';
import { trainRecipe } from './train-recipe.ts';

const rl = atlasRl('RL', { simulated: 1, real: 1 });
const stages: Stage[] = [
  {
    ...sft1,
    source: { questions: 60, knownShare: 0.5 },
    pairs: 4,
    config: { ...sft1.config, epochs: 1, pairsPerStep: 2 },
  },
  {
    ...sft2,
    source: { questions: 40, knownShare: 0.2 },
    counts: { coa: 12, cot: 2 },
    config: { ...sft2.config, epochs: 1, tokensPerStep: 2_000 },
  },
  {
    ...rl,
    source: { questions: 10, knownShare: 0.5 },
    config: { ...rl.config, questionsPerBatch: 2, groupSize: 2 },
  },
];

test('a recipe stopped in every stage and called again gives the bytes of an unbroken one; every step is stored', {
  timeout: 240_000,
}, async () => {
  const places = freshPlaces();
  const store = openStore(join(places.home, 'runs.db'));
  const train = async (stopAt: string | null) => {
    const stop = new AbortController();
    const onProgress = (label: string, done: number) => {
      if (label === stopAt && done === 1) stop.abort(new Error('stopped'));
    };
    const said: string[] = [];
    const services = { places, stopping: stop.signal, say: (line: string) => said.push(line) };
    const trained = await trainRecipe(
      atlasRecipe(...stages),
      5,
      storedTraining({ ...services, onProgress }, store),
    );
    return { trained, said };
  };
  for (const stage of ['SFT-1', 'SFT-2', 'RL']) expect((await train(stage)).trained).toBeNull();
  const { trained } = await train(null);
  const weights = readFileSync(join(trained!.folder, 'model.safetensors'));
  const [, , key] = trained!.keys;
  const steps = store.readTrainingSteps(key!);
  expect(steps.map(({ step }) => step)).toEqual([1, 2]);
  expect(steps[0]!.numbers.realCalls).toBe(0);
  expect(steps[1]!.numbers.simulatedCalls).toBe(0);
  expect([...store.readTrainingRollouts(key!)]).toHaveLength(8);
  const again = await train(null);
  expect(again.said.filter((line) => line.startsWith('training'))).toEqual([]);
  rmSync(join(places.home, 'training'), { recursive: true });
  const unbroken = await train(null);
  expect(unbroken.trained!.keys).toEqual(trained!.keys);
  expect(readFileSync(join(unbroken.trained!.folder, 'model.safetensors')).equals(weights)).toBe(
    true,
  );
  store.close();
});
