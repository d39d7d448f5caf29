import { nativeObstacle, openCompute } from '@coa/compute';
import {
  type Context,
  coaProtocol,
  type Environment,
  type Policy,
  type Question,
  seededRng,
} from '@coa/core';
import { createModel, defaultOptimizer, llamaConfig, type Model, modelPolicy } from '@coa/model';
import { scriptedPolicy } from '@coa/policies';
import type { RolloutOptions } from '@coa/rollout';
import { labTokens, loadTokenizer, type Tokenizer, trainBpe } from '@coa/tokenizer';
import type { TrainConfig } from './train-steps.ts';

const syllables = ['ba', 'do', 'ki', 'lu', 'me', 'na', 'ro', 'si', 'ta', 'vu'];

/** A person and a town that no one has heard of. */
export type Person = { readonly name: string; readonly town: string };

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** A hundred words, of which all names are made. */
const pool = syllables.flatMap((a) => syllables.map((b) => capital(`${a}${b}`)));

const pick = (rng: () => number): string => pool[Math.floor(rng() * pool.length)]!;

/** People with different names of two words each. */
export const people = (count: number, seed = 1): Person[] => {
  const rng = seededRng(seed);
  const names = new Set<string>();
  while (names.size < count) names.add(`${pick(rng)} ${pick(rng)}`);
  return [...names].map((name) => ({ name, town: pick(rng) }));
};

export const questionOf = ({ name, town }: Person): Question => ({
  id: name,
  dataset: 'toy',
  split: 'train',
  text: `Where was ${name} born?`,
  golds: [town],
  supporting: [],
  supportComplete: false,
  type: null,
  hops: 1,
});

/** Finds the person whose name is searched for; `text` says what a passage reads like. */
export const searchOf = (
  world: readonly Person[],
  text = ({ name, town }: Person): string => `${name} was born in ${town}.`,
): Environment => ({
  name: 'toy search',
  fingerprint: 'toy search',
  observe: async ({ input }) => {
    const found = world.find(({ name }) => input.includes(name));
    return { text: found ? text(found) : 'Nothing.', passageIds: [], failure: null };
  },
});

export const protocol = coaProtocol({ examples: 0, system: '' });

export const options: RolloutOptions = {
  horizon: 2,
  contextTokens: 400,
  turnTokens: 120,
  answerTokens: 20,
  observationTokens: 200,
  temperature: 0,
  topP: 1,
};

/** What the policy wrote and read so far. */
export const assistantText = ({ segments }: Context): string =>
  segments.map(({ text }) => text).join('');

export const nameIn = ({ prompt }: Context): string => /was (.+) born/.exec(prompt.user)![1]!;

export const concluding = (town: string): string => `It is ${town}.\n</think>\n\n\\boxed{${town}}`;

/** Searches, reads the town in the passage, answers. */
export const searchingTeacher = (): Policy =>
  scriptedPolicy({
    script: ({ context }) => {
      const seen = /born in (\w+)/.exec(assistantText(context));
      const name = nameIn(context);
      return seen ? concluding(seen[1]!) : `Who is ${name}? <begin_search> ${name} </end_search>`;
    },
  });

/** Answers from memory: `known` tells it what it remembers. */
export const rememberingTeacher = (known: (name: string) => string): Policy =>
  scriptedPolicy({
    script: ({ context }) => `Who is ${nameIn(context)}? ${concluding(known(nameIn(context)))}`,
  });

export type Student = {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly policy: Policy & { refresh(): void };
};

/** A nano model that knows nothing yet, with a tokenizer trained on the toy world's texts. */
export const openStudent = async (
  world: readonly Person[],
  sizes: { readonly width?: number; readonly layers?: number } = {},
): Promise<Student> => {
  await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 2 });
  const texts = world.map(({ name, town }) => `Question: Where was ${name} born? ${town}. Who is`);
  const tokenizer = loadTokenizer(
    trainBpe(texts, {
      vocabularySize: 640,
      specialTokens: labTokens(),
      wholeWords: pool.flatMap((name) => [name, ` ${name}`]),
    }),
  );
  const { width = 32, layers = 1 } = sizes;
  const shape = { width, layers, heads: 2, ffn: 2 * width, positions: 400 };
  const model = createModel(llamaConfig({ vocabulary: tokenizer.size, ...shape }), 1);
  const policy = modelPolicy({ model, tokenizer, name: 'student', fingerprint: 'student' });
  return { model, tokenizer, policy };
};

export const trainConfig: TrainConfig = {
  epochs: 1,
  seed: 7,
  microBatchTokens: 4_000,
  checkpointActivations: false,
  schedule: { kind: 'cosine', peak: 3e-3, floor: 0.1, warmupShare: 0.1 },
  optimizer: defaultOptimizer,
};

/** Every weight of a model, copied. */
export const weightsOf = ({ parameters }: Model): Float32Array[] =>
  [...parameters.values()].map((variable) => Float32Array.from(variable.dataSync()));

/** A clock that goes on by a millisecond whenever it is read. */
export const tickingClock = (): (() => number) => {
  let time = 0;
  return () => {
    time += 1;
    return time;
  };
};
