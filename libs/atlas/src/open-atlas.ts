import type { WorkedExample } from '@coa/core';
import { atlasRealms, atlasSeed, buildWorld } from './build-world.ts';
import { plannedTurn } from './planner.ts';
import { atlasSets } from './question-sets.ts';
import { type AtlasQuestion, answerOf, drawQuestions, type SetSpec } from './questions.ts';
import type { World } from './world.ts';

/** Raised whenever a world, a passage or a question of the same seed becomes another. */
export const atlasVersion = 1;

const cache: { world?: World } = {};

/** The world that the experiments are about; built once in a process. */
export const openAtlas = (): World => {
  cache.world ??= buildWorld(atlasSeed, atlasRealms);
  return cache.world;
};

export const atlasSetNames: readonly string[] = atlasSets.map(({ name }) => name);

const setOf = (name: string): SetSpec => {
  const found = atlasSets.find((set) => set.name === name);
  if (found) return found;
  throw new Error(`no Atlas set '${name}'; there are: ${atlasSetNames.join(', ')}`);
};

/** Questions of a set's splits, unknown and known: 500 and 125 for the test, as the paper's sets have. */
const sizes = {
  test: { unknown: 400, known: 100 },
  dev: { unknown: 100, known: 25 },
  bamboogle: { unknown: 100, known: 25 },
} as const;

/** The evaluation questions of a set with their graphs: four of five about entities that no model has read of. */
export const atlasQuestions = (
  name: string,
  split: 'test' | 'dev',
  world: World = openAtlas(),
): AtlasQuestion[] => {
  const set = setOf(name);
  const size = set.heldOut ? sizes.bamboogle : sizes[split];
  return [
    ...drawQuestions(world, set, { split, known: false, count: size.unknown }),
    ...drawQuestions(world, set, { split, known: true, count: size.known }),
  ];
};

/** Training questions of each set's share, set after set; `knownShare` of them about what the base model has read. */
export const atlasTraining = (
  count: number,
  {
    knownShare,
    seed,
    world = openAtlas(),
  }: { readonly knownShare: number; readonly seed: number; readonly world?: World },
): AtlasQuestion[] => {
  const sets = atlasSets.filter(({ heldOut }) => !heldOut);
  const drawn = sets.map((set) => {
    const share = Math.round(count * set.trainingShare);
    const known = Math.round(share * knownShare);
    return [
      ...drawQuestions(world, set, { split: 'train', known: false, count: share - known, seed }),
      ...drawQuestions(world, set, { split: 'train', known: true, count: known, seed }),
    ];
  });
  const texts = new Set<string>();
  return drawn.flat().filter(({ question }) => {
    const fresh = !texts.has(question.text);
    texts.add(question.text);
    return fresh;
  });
};

/** A question worked out with the passages that state its facts, for prompts. */
export const workedExample = (asked: AtlasQuestion, world: World = openAtlas()): WorkedExample => {
  const { question, plan } = asked;
  const hops: WorkedExample['hops'][number][] = [];
  const observations: string[] = [];
  for (;;) {
    const turn = plannedTurn(plan, observations, world, { seed: hops.length });
    if (turn.kind !== 'search') {
      return { question: question.text, hops, conclusion: turn.thought, answer: answerOf(plan) };
    }
    const { passageIds } = question.evidence![hops.length]!;
    const passage = world.passages.find(({ id }) => id === passageIds[0])!;
    observations.push(passage.text);
    hops.push({ thought: turn.thought, search: turn.query, result: passage });
  }
};
