import { describe, expect, test } from 'vitest';
import {
  contrastiveLoss,
  contrastiveSlopes,
  lossWeights,
  maskedCrossEntropy,
  sequenceLogprob,
} from './losses.ts';

describe('stage 1', () => {
  test('the length-normalised log-probability is the mean over the tokens that count', () => {
    expect(sequenceLogprob([-1, -2, -6, -9], [1, 0, 1, 1])).toBeCloseTo(-16 / 3, 12);
    expect(sequenceLogprob([-1, Number.NaN, -3], [1, 0, 1])).toBe(-2);
  });

  test.each([
    { chosen: -0.5, rejected: -1.5, alpha: 0, loss: 0.3132617 },
    { chosen: -0.5, rejected: -1.5, alpha: 0.2, loss: 0.4132617 },
    { chosen: -1, rejected: -1, alpha: 0.2, loss: 0.8931472 },
  ])('the numbers to agree with: %o', ({ alpha, loss, ...pair }) => {
    const parts = contrastiveLoss(pair, alpha);
    expect(Math.abs(parts.loss - loss)).toBeLessThan(1e-7);
    expect(parts.contrastive + parts.auxiliary).toBe(parts.loss);
    expect(parts.auxiliary).toBeCloseTo(-alpha * pair.chosen, 12);
  });

  test('margins that would overflow stay numbers', () => {
    expect(contrastiveLoss({ chosen: -900, rejected: -0.5 }, 0).loss).toBeCloseTo(899.5, 9);
    expect(contrastiveLoss({ chosen: -0.5, rejected: -900 }, 0).loss).toBe(0);
    expect(contrastiveSlopes({ chosen: -900, rejected: -0.5 }, 0.2)).toEqual({
      chosen: -1.2,
      rejected: 1,
    });
    expect(contrastiveSlopes({ chosen: 0, rejected: -900 }, 0)).toEqual({
      chosen: -0,
      rejected: 0,
    });
  });

  test('slopes: hand-worked at a margin of ln 3, and equal to finite differences', () => {
    const pair = { chosen: -1, rejected: -1 - Math.log(3) };
    const slopes = contrastiveSlopes(pair, 0.2);
    expect(slopes.chosen).toBeCloseTo(-0.45, 12);
    expect(slopes.rejected).toBeCloseTo(0.25, 12);
    const h = 1e-6;
    for (const side of ['chosen', 'rejected'] as const) {
      const at = (by: number) => contrastiveLoss({ ...pair, [side]: pair[side] + by }, 0.2).loss;
      expect((at(h) - at(-h)) / (2 * h)).toBeCloseTo(slopes[side], 7);
    }
  });
});

describe('stages 2 and 3', () => {
  // prompt, policy, observation, observation, policy, forced
  const tokens = {
    ids: Int32Array.of(1, 2, 3, 4, 5, 6),
    promptMask: Uint8Array.of(1, 0, 0, 0, 0, 1),
    observationMask: Uint8Array.of(0, 0, 1, 1, 0, 0),
    logprobs: new Float32Array(6),
  };
  const logprobs = [-7, -1, -2, -4, -3, -8];

  test('stage 2 leaves observations out', () => {
    const weights = lossWeights(tokens, { maskObservations: true, observationWeight: 1 });
    expect([...weights]).toEqual([0, 1, 0, 0, 1, 0]);
    expect(maskedCrossEntropy(logprobs, weights)).toBe(2);
  });

  test('stage 3 counts them, by their weight', () => {
    const whole = lossWeights(tokens, { maskObservations: false, observationWeight: 1 });
    expect([...whole]).toEqual([0, 1, 1, 1, 1, 0]);
    expect(maskedCrossEntropy(logprobs, whole)).toBe(2.5);
    const half = lossWeights(tokens, { maskObservations: false, observationWeight: 0.5 });
    expect(maskedCrossEntropy(logprobs, half)).toBeCloseTo(7 / 3, 12);
  });

  test('misuse is refused with its values', () => {
    expect(() => lossWeights(tokens, { maskObservations: false, observationWeight: -1 })).toThrow(
      'observationWeight is -1',
    );
    expect(() => maskedCrossEntropy([-1], [1, 1])).toThrow('1 log-probs and 2 weights');
    expect(() => maskedCrossEntropy([-1, -2], [0, 0])).toThrow('all 2 loss weights are 0');
    expect(() => sequenceLogprob([-1, -2], [0, 0])).toThrow('none of 2 tokens counts');
    expect(() => sequenceLogprob([-1], [1, 1])).toThrow('1 log-probs and 2 entries');
  });
});
