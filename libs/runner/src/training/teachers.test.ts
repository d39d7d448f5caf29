import { join } from 'node:path';
import { hash32, type Question } from '@coa/core';
import { openStore } from '@coa/store';
import { afterAll, expect, test } from 'vitest';
import { type Asked, serveCompletions } from '../fixtures/completions-server.ts';
import { freshPlaces } from '../fixtures/tiny.ts';
import { atlasRecipe, sft1, sft2 } from './atlas-recipes.ts';
import { drawTraining } from './examples.ts';
import type { Recipe, Teacher } from './recipe.ts';
import { storedTraining } from './stored-training.ts';
import { trainRecipe } from './train-recipe.ts';

const seed = 5;
const sources = {
  contrastive: { questions: 90, knownShare: 1 },
  sft: { questions: 24, knownShare: 0 },
};
const asked = new Map(
  Object.entries(sources).flatMap(([purpose, source]) =>
    drawTraining(source, purpose, seed).map(({ question }) => [question.text, question] as const),
  ),
);

/** How the teacher takes a question: right after a search, wrong after one, or right without any. */
const mannerOf = ({ text }: Question): number => hash32(text) % 3;

const questionIn = (prompt: string): Question => {
  const [, text] = /Question: ([^\n]*?)<\|im_end\|>\n<\|im_start\|>assistant\n<think>/.exec(
    prompt.slice(prompt.lastIndexOf('Question: ')),
  )!;
  return asked.get(text!)!;
};

/** Turns of a teacher behind the API; like a real one it does not know when to stop. */
const say = ({ prompt }: Asked): string => {
  const question = questionIn(prompt);
  const hasSearched = prompt.slice(prompt.lastIndexOf('<think>')).includes('</search_result>');
  const boxed = (answer: string): string => ` I see.\n</think>\n\n\\boxed{${answer}}`;
  if (mannerOf(question) === 2) return boxed(question.golds[0]!);
  if (!hasSearched)
    return `I look. <begin_search> ${question.evidence![0]!.subject} </end_search> and I go on`;
  return boxed(mannerOf(question) === 0 ? question.golds[0]! : 'Nowhere');
};

const server = await serveCompletions(say);
afterAll(() => server.close());

const teacher: Teacher = {
  model: `openai:${server.url}#oracle`,
  prompt: { examples: 1 },
  contextTokens: 20_000,
  tokensPerToken: 4,
  attempts: 2,
};
const recipe: Recipe = atlasRecipe(
  {
    ...sft1,
    teacher,
    source: sources.contrastive,
    pairs: 4,
    config: { ...sft1.config, epochs: 1, pairsPerStep: 2 },
  },
  {
    ...sft2,
    teacher,
    source: sources.sft,
    counts: { coa: 24, cot: 0 },
    config: { ...sft2.config, epochs: 1, tokensPerStep: 400 },
  },
);

test('stages taught over the OpenAI API: kept by outcome, counted, stored, and asked once', {
  timeout: 240_000,
}, async () => {
  const places = freshPlaces();
  const store = openStore(join(places.home, 'runs.db'));
  const said: string[] = [];
  const train = (stopAt: string | null) => {
    const stop = new AbortController();
    const services = {
      places,
      stopping: stop.signal,
      say: (line: string) => said.push(line),
      onProgress: (label: string, done: number) => {
        if (label === stopAt && done === 1) stop.abort(new Error('stopped'));
      },
    };
    return trainRecipe(recipe, seed, storedTraining(services, store));
  };
  expect(await train('SFT-2')).toBeNull();
  const requests = server.asked.length;
  const trained = (await train(null))!;
  // the examples of the resumed stage were made anew without asking anew
  expect(server.asked).toHaveLength(requests);
  expect(server.asked[0]!.prompt).toContain('You answer questions.');
  expect(server.asked[0]!.max_tokens).toBe(4 * recipe.limits.turnTokens);

  const manners = drawTraining(sources.sft, 'sft', seed).map(({ question }) => mannerOf(question));
  const [right, wrong, tooSure] = [0, 1, 2].map(
    (manner) => manners.filter((one) => one === manner).length,
  );
  const [pairs, examples] = trained.keys.map((key) => store.readTrainingSteps(key));
  expect(examples![0]!.numbers).toMatchObject({
    'data.coa.accepted': right,
    'data.coa.rejected.wrong-answer': 2 * wrong!,
    'data.coa.rejected.no-search': 2 * tooSure!,
    'data.cot.accepted': 0,
  });
  expect(said).toContain(
    `SFT-2: ${right} CoA examples (rejected: no-search ${2 * tooSure!}, wrong-answer ${2 * wrong!})`,
  );
  expect(examples!.length).toBeGreaterThan(1);
  expect(Object.keys(examples![1]!.numbers).filter((name) => name.startsWith('data'))).toEqual([]);
  expect(pairs![0]!.numbers).toMatchObject({
    'data.pairs.tool-right': 2,
    'data.pairs.memory-right': 2,
  });
  expect(pairs![0]!.numbers['data.pairs.rejected.same-outcome']).toBeGreaterThan(0);
  store.close();
});
