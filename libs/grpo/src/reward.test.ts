import type { StopReason, Trajectory } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { questions } from './bandit.test-data.ts';
import { earnedByActing, isWellFormed, paperReward, releasedTrainingReward } from './reward.ts';

const answered = (answer: string, stop: StopReason = 'answered', acted = false): Trajectory => ({
  question: { ...questions[0]!, text: 'What says </think>?', golds: ['the old Harbour of Marn'] },
  protocol: 'coa@1',
  steps: [
    { kind: 'think', text: 'I think.' },
    ...(acted
      ? ([
          { kind: 'action', tool: 'search', input: 'Marn' },
          { kind: 'observation', text: 'Old.', passageIds: [], failure: null },
        ] as const)
      : []),
    { kind: 'answer', text: answer },
  ],
  stop,
});

describe('only the response is looked at', () => {
  test('a prompt that holds every tag is no format', () => {
    // the released gate sees prompt and response together, and so never fires
    for (const stop of ['horizon', 'context', 'length', 'malformed'] as const)
      expect(isWellFormed(answered('x', stop))).toBe(false);
    expect(isWellFormed(answered('x'))).toBe(true);
  });
});

describe('the paper’s reward: exact match less a penalty', () => {
  const reward = paperReward(0.1);
  test.each([
    ['Old harbour of Marn.', 'answered', 1],
    ['harbour', 'answered', 0],
    ['old harbour of Marn', 'horizon', 0.9],
    ['harbour', 'malformed', -0.1],
  ] as const)('%j, %s: %d', (answer, stop, value) =>
    expect(reward(answered(answer, stop))).toBeCloseTo(value, 12),
  );
});

describe('the released reward: 70 % of the gold’s words, nothing where the format was broken', () => {
  // as the released code scores them (../shared/oracles): three of four words of the gold, in a longer answer
  test.each([
    ['old harbour of Marn', 'answered', 1],
    ['Marn harbour, old town and new town', 'answered', 1],
    ['Marn and some other town', 'answered', 0],
    ['harbour of Marn', 'answered', 0],
    ['old harbour of Marn', 'context', 0],
    ['old harbour of Marn', 'malformed', 0],
  ] as const)('%j, %s: %d', (answer, stop, value) =>
    expect(releasedTrainingReward(answered(answer, stop))).toBe(value),
  );
});

describe('earned by acting', () => {
  const reward = earnedByActing(paperReward(0.1));
  test('without an action nothing is earned, and penalties stay', () => {
    expect(reward(answered('old harbour of Marn'))).toBe(0);
    expect(reward(answered('old harbour of Marn', 'answered', true))).toBe(1);
    expect(reward(answered('x', 'malformed'))).toBeCloseTo(-0.1, 12);
    expect(reward(answered('x', 'malformed', true))).toBeCloseTo(-0.1, 12);
  });
});
