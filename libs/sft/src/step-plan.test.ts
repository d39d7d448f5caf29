import { expect, test } from 'vitest';
import { microBatches, scheduleOf, stepsByCount, stepsByTokens, tokensHash } from './step-plan.ts';

const sorted = (items: readonly number[]) => [...items].sort((a, b) => a - b);

test('every epoch holds every sequence once, in another order, in steps within the token budget', () => {
  const lengths = [30, 50, 20, 60, 10, 40, 90];
  const steps = stepsByTokens(lengths, { epochs: 3, seed: 1, tokensPerStep: 100 });
  const order = steps.flat();
  const epochs = [0, 1, 2].map((epoch) => order.slice(7 * epoch, 7 * epoch + 7));
  for (const epoch of epochs) expect(sorted(epoch)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(new Set(epochs.map((epoch) => epoch.join())).size).toBe(3);
  const sums = steps.map((step) => step.reduce((sum, i) => sum + lengths[i]!, 0));
  for (const [i, sum] of sums.entries()) {
    expect(sum).toBeLessThanOrEqual(100);
    const next = steps[i + 1]?.[0];
    if (next !== undefined) expect(sum + lengths[next]!).toBeGreaterThan(100);
  }
});

test('the seed decides the order, and nothing else does', () => {
  const plan = (seed: number) => stepsByCount(50, { epochs: 2, seed, perStep: 8 });
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
  expect(plan(1).map(({ length }) => length)).toEqual([...Array(12).fill(8), 4]);
});

test('a sequence beyond the budget is a step or a micro-batch of its own', () => {
  const steps = stepsByTokens([500, 10, 10], { epochs: 1, seed: 0, tokensPerStep: 100 });
  expect(steps.some((step) => step.length === 1 && step[0] === 0)).toBe(true);
  expect(microBatches([0, 1, 2, 3], (i) => [500, 60, 40, 1][i]!, 100)).toEqual([[0], [1, 2], [3]]);
});

test('a schedule as long as the run', () => {
  const rate = { kind: 'cosine', peak: 1e-3, floor: 0, warmupShare: 0.1 } as const;
  expect(scheduleOf(rate, 200)).toEqual({
    kind: 'cosine',
    peak: 1e-3,
    floor: 0,
    warmup: 20,
    steps: 200,
  });
  expect(() => scheduleOf({ ...rate, warmupShare: 2 }, 200)).toThrow('warmupShare is 2');
});

test('data is told apart by its ids and by its masks', () => {
  const tokens = {
    ids: Int32Array.of(1, 2),
    promptMask: Uint8Array.of(1, 0),
    observationMask: Uint8Array.of(0, 0),
    logprobs: new Float32Array(2),
  };
  const others = [
    { ...tokens, ids: Int32Array.of(1, 3) },
    { ...tokens, promptMask: Uint8Array.of(0, 0) },
    { ...tokens, observationMask: Uint8Array.of(0, 1) },
  ];
  expect(new Set([tokens, ...others].map(tokensHash)).size).toBe(4);
});

test('misuse is refused with its values', () => {
  const passes = { epochs: 1, seed: 0 };
  expect(() => stepsByCount(0, { ...passes, perStep: 1 })).toThrow('nothing to train on');
  expect(() => stepsByCount(3, { ...passes, epochs: 0.5, perStep: 1 })).toThrow('epochs is 0.5');
  expect(() => stepsByCount(3, { ...passes, perStep: 0 })).toThrow('perStep is 0');
  expect(() => stepsByTokens([3], { ...passes, tokensPerStep: 0 })).toThrow('tokensPerStep is 0');
});
