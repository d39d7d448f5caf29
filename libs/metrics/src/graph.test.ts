import type { Trajectory } from '@coa/core';
import { expect, test } from 'vitest';
import { hopRecall, hopSuccess, needlessSearches } from './graph.ts';

const trajectory: Trajectory = {
  question: {
    id: '1',
    dataset: 'atlas-hotpotqa',
    split: 'test',
    text: 'Where was the composer of Carmen born?',
    golds: ['Paris'],
    supporting: [],
    supportComplete: true,
    type: null,
    hops: 2,
    known: true,
    evidence: [
      { subject: 'Carmen', relation: 'composer', object: 'Georges Bizet', passageIds: ['a', 'b'] },
      { subject: 'Georges Bizet', relation: 'birthplace', object: 'Paris', passageIds: ['c'] },
    ],
  },
  protocol: 'coa@1',
  steps: [
    { kind: 'action', tool: 'search', input: 'Carmen composer' },
    { kind: 'observation', text: 'Georges Bizet, Paris', passageIds: ['b'], failure: null },
    { kind: 'think', text: 'It is Georges Bizet.' },
    { kind: 'answer', text: 'Parisot' },
  ],
  stop: 'answered',
};

test('facts shown, facts taken up, searches that memory could have saved', () => {
  expect(hopRecall.score(trajectory)).toBe(0.5);
  expect(hopSuccess.score(trajectory)).toBe(0.5);
  expect(needlessSearches.score(trajectory)).toBe(1);
});

test('without a graph, or about the unknown, they are not defined', () => {
  const { evidence: _, known: __, ...question } = trajectory.question;
  const bare = { ...trajectory, question };
  expect([hopRecall, hopSuccess, needlessSearches].map(({ score }) => score(bare))).toEqual([
    null,
    null,
    null,
  ]);
});
