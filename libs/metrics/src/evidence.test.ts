import { describe, expect, test } from 'vitest';
import { actionSteps, answered, toolFailures } from './conduct.ts';
import {
  allGoldFound,
  answerInObservations,
  goldRecall,
  recallAtK,
  searchGoldRecall,
} from './evidence.ts';
import { scoreTrajectory, standardMetrics } from './score-trajectory.ts';
import { answer, observation, question, search, trajectory } from './trajectories.test-data.ts';

const supported = question({
  supporting: [
    { title: 'Seine', passageId: 'p1' },
    { title: 'Seine', passageId: 'p1' },
    { title: 'Le Havre', passageId: 'p2' },
  ],
  supportComplete: true,
});

const twoSearches = trajectory({
  question: supported,
  steps: [
    { kind: 'think', text: 'Le Havre?' },
    search(),
    observation('The Seine is a river.', ['p1', 'p9']),
    search('mouth of the Seine'),
    observation('It ends at LE-HAVRE; le (Havre) is a port.', ['p1', 'p2', 'p3']),
    search('again'),
    observation('Reach the limit of search times.', [], 'limit'),
    answer('Le Havre'),
  ],
});

describe('recallAtK', () => {
  test('share of distinct golds among the first k', () => {
    expect(recallAtK(['a', 'b', 'a'], ['x', 'a', 'b'], 2)).toBe(0.5);
    expect(recallAtK(['a', 'b'], ['x', 'a', 'b'], Number.POSITIVE_INFINITY)).toBe(1);
    expect(recallAtK(['a'], [], 10)).toBe(0);
  });

  test('misuse throws with the value', () => {
    expect(() => recallAtK([], ['a'], 1)).toThrow(/without gold/);
    for (const k of [0, 1.5, Number.NaN])
      expect(() => recallAtK(['a'], ['a'], k)).toThrow(`k is ${k}`);
  });
});

describe('gold passages', () => {
  test('per question, and per search that ran: (1/2 + 2/2) / 2', () => {
    expect(goldRecall.score(twoSearches)).toBe(1);
    expect(allGoldFound.score(twoSearches)).toBe(1);
    expect(searchGoldRecall.score(twoSearches)).toBe(0.75);
  });

  test('half found is not all found; no search at all has no mean', () => {
    const half = { ...twoSearches, steps: twoSearches.steps.slice(0, 3) };
    expect([goldRecall.score(half), allGoldFound.score(half)]).toEqual([0.5, 0]);
    const none = { ...twoSearches, steps: [answer('x')] };
    expect([goldRecall.score(none), searchGoldRecall.score(none)]).toEqual([0, null]);
  });

  test('what another tool showed is found, but is no search', () => {
    const steps = [
      { kind: 'action', tool: 'lookup', input: 'x' } as const,
      observation('t', ['p1']),
    ];
    const looked = trajectory({ question: supported, steps });
    expect([goldRecall.score(looked), searchGoldRecall.score(looked)]).toEqual([0.5, null]);
  });

  test('undefined unless every gold passage is known', () => {
    for (const asked of [
      { ...supported, supportComplete: false },
      { ...supported, supporting: [{ title: 'Seine' }] },
    ]) {
      const tried = { ...twoSearches, question: asked };
      const scores = [goldRecall, allGoldFound, searchGoldRecall].map(({ score }) => score(tried));
      expect(scores).toEqual([null, null, null]);
    }
  });
});

describe('answerInObservations', () => {
  const seen = (golds: string[], text: string, dataset = 'hotpotqa') =>
    answerInObservations.score(
      trajectory({ question: question({ golds, dataset }), steps: [search(), observation(text)] }),
    );

  test('normalised, in whole words, any gold', () => {
    expect(answerInObservations.score(twoSearches)).toBe(1);
    expect(seen(['cat'], 'a catalogue of cats')).toBe(0);
    expect(seen(['dog', 'The Cat!'], 'one (cat).')).toBe(1);
    expect(seen(['Beyoncé'], 'Beyonce sang')).toBe(0);
  });

  test('by the rule of the question set: TriviaQA parts U.S.A', () => {
    expect([seen(['USA'], 'the U.S.A'), seen(['USA'], 'the U.S.A', 'triviaqa')]).toEqual([1, 0]);
  });

  test('a closed or empty gold is not looked for; without another one there is no value', () => {
    expect(seen(['yes'], 'yes')).toBeNull();
    expect(seen(['No.', 'the'], 'no')).toBeNull();
    expect(seen(['no', 'Oslo'], 'Oslo')).toBe(1);
  });

  test("the policy's own words are no evidence", () => {
    const guessed = trajectory({
      steps: [{ kind: 'think', text: 'Le Havre' }, answer('Le Havre')],
    });
    expect(answerInObservations.score(guessed)).toBe(0);
  });
});

test('conduct: steps, failures, and who ended it', () => {
  expect(actionSteps.score(twoSearches)).toBe(3);
  expect(toolFailures.score(twoSearches)).toBe(1);
  expect(answered.score(twoSearches)).toBe(1);
  expect(answered.score({ ...twoSearches, stop: 'horizon' })).toBe(0);
});

test('scoreTrajectory names values by metric id and refuses two of one id', () => {
  expect(scoreTrajectory(twoSearches, standardMetrics)).toEqual({
    exactMatch: 1,
    tokenF1: 1,
    releasedReward: 1,
    actionSteps: 3,
    answered: 1,
    toolFailures: 1,
    answerInObservations: 1,
    goldRecall: 1,
    allGoldFound: 1,
    hopRecall: null,
    hopSuccess: null,
    needlessSearches: null,
    searchGoldRecall: 0.75,
  });
  expect(() => scoreTrajectory(twoSearches, { one: answered, other: answered })).toThrow(
    "two metrics have the id 'answered'",
  );
});
