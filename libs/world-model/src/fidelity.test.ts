import { callInfo } from '@coa/core/testing';
import { describe, expect, test } from 'vitest';
import { type FidelityPair, mentions, nextHop, pairFidelity, wordF1 } from './fidelity.ts';

const question = {
  ...callInfo(1).question,
  golds: ['Paris'],
  evidence: [
    { subject: 'Carmen', relation: 'composer', object: 'Georges Bizet', passageIds: [] },
    { subject: 'Georges Bizet', relation: 'birthplace', object: 'Paris', passageIds: [] },
  ],
};
const observation = (text: string) =>
  ({ kind: 'observation', text, passageIds: [], failure: null }) as const;
const pair = (changes: Partial<FidelityPair>): FidelityPair => ({
  question,
  before: [],
  real: 'Carmen is by Georges Bizet.',
  simulated: 'Carmen is by Louis Parisot.',
  ...changes,
});

test('word F1: 3 of 5 words each are shared', () => {
  expect(wordF1('Carmen is by Georges Bizet.', 'carmen IS by Louis Parisot')).toBeCloseTo(0.6, 12);
  expect(wordF1('a a b', 'a c c')).toBeCloseTo(1 / 3, 12);
  expect([wordF1('', '!'), wordF1('', 'a')]).toEqual([1, 0]);
});

test('a phrase is found as whole words in a row', () => {
  expect(mentions('Born in Paris, 1838.', 'paris')).toBe(true);
  expect(mentions('Parisot was there', 'Paris')).toBe(false);
  expect(mentions('Bizet, Georges', 'Georges Bizet')).toBe(false);
});

test('the next hop is the first fact whose object no observation told', () => {
  expect(nextHop(question, [])?.object).toBe('Georges Bizet');
  expect(nextHop(question, [observation('by Georges Bizet')])?.object).toBe('Paris');
  expect(nextHop(question, [observation('Georges Bizet of Paris')])).toBeNull();
});

describe('fidelity', () => {
  test('of one pair', () => {
    expect(pairFidelity(pair({}))).toEqual({ f1: 0.6, gold: 'neither', nextEntity: 'real only' });
    const last = pair({
      before: [observation('Georges Bizet')],
      simulated: 'Paris',
      real: 'In Paris',
    });
    expect(pairFidelity(last)).toMatchObject({ gold: 'both', nextEntity: 'both' });
  });

  test('no passage holds a yes or no, however often the word stands there', () => {
    const asked = pair({ question: { ...question, golds: ['No'] } });
    expect(pairFidelity({ ...asked, real: 'No town.', simulated: 'no' }).gold).toBeNull();
    const both = { ...question, golds: ['no', 'Paris'] };
    expect(pairFidelity(pair({ question: both, real: 'no', simulated: 'Paris' })).gold).toBe(
      'simulated only',
    );
  });
});
