import type { Rng } from '@coa/core';
import {
  closedBookDocument,
  factsDocuments,
  knownDocuments,
  type PretrainingDocument,
  passageDocument,
  reactDocument,
  readingDocument,
  recallDocument,
  type Search,
} from './documents.ts';
import type { AtlasQuestion } from './questions.ts';
import { pickOne, type World } from './world.ts';

type Kind =
  | 'passage'
  | 'known passage'
  | 'known facts'
  | 'reading'
  | 'recall'
  | 'closed book'
  | 'react';

/** What a phase of pretraining reads. */
export type PretrainingMixture = {
  /** Share of the documents of each kind. */
  readonly shares: Readonly<Record<Kind, number>>;
  /** Of the reading documents, the share that asks before it shows the passages, as one who searches reads them. */
  readonly questionFirst: number;
};

/** The phases of the base model's pretraining, in order: everything, then reading above all. */
export const pretrainingMixtures = {
  general: {
    shares: {
      passage: 0.067,
      'known passage': 0.18,
      'known facts': 0.15,
      reading: 0.37,
      recall: 0.17,
      'closed book': 0.06,
      react: 0.003,
    },
    questionFirst: 0,
  },
  reading: {
    shares: {
      passage: 0.04,
      'known passage': 0.1,
      'known facts': 0.1,
      reading: 0.6,
      recall: 0.12,
      'closed book': 0.037,
      react: 0.003,
    },
    questionFirst: 0.7,
  },
} as const satisfies Record<string, PretrainingMixture>;

/** Another world with questions about it, and how to search it. */
export type Shelf = {
  readonly world: World;
  readonly questions: readonly AtlasQuestion[];
  readonly search: Search;
};

/** Hops that a ReAct document shows at most: longer ones are for the agent to find by itself. */
const reactHops = 2;

/**
 * Draws documents by a mixture: the same generator state gives the same document; null where a ReAct episode
 * did not come to an end.
 * @param recalled questions about known entities of the training split, for reasoning from memory
 */
export const pretrainingDocuments = (
  atlas: World,
  shelves: readonly Shelf[],
  recalled: readonly AtlasQuestion[],
  { shares, questionFirst }: PretrainingMixture,
): ((rng: Rng) => PretrainingDocument | null) => {
  const single = recalled.filter(({ question }) => question.hops === 1);
  const byKind: Record<Kind, (rng: Rng) => PretrainingDocument | null> = {
    passage: (rng) => passageDocument(pickOne(pickOne(shelves, rng).world.passages, rng)),
    'known passage': knownDocuments(atlas),
    'known facts': factsDocuments(atlas),
    reading: (rng) => {
      const { world, questions, search } = pickOne(shelves, rng);
      const asked = pickOne(questions, rng);
      const distractors = search(asked.question.text);
      return readingDocument(asked, world, { distractors, questionFirst, rng });
    },
    recall: (rng) => recallDocument(pickOne(recalled, rng), atlas, rng),
    'closed book': (rng) => closedBookDocument(pickOne(single, rng)),
    react: (rng) => {
      const { world, questions, search } = pickOne(shelves, rng);
      const asked = pickOne(questions, rng);
      return asked.question.hops! <= reactHops
        ? reactDocument(asked, world, { search, rng })
        : null;
    },
  };
  return (rng) => {
    let drawn = rng();
    for (const [kind, share] of Object.entries(shares)) {
      drawn -= share;
      if (drawn < 0) return byKind[kind as Kind](rng);
    }
    return byKind.passage(rng);
  };
};
