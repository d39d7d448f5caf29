import { describe, expect, test } from 'vitest';
import type { Objective } from './config.ts';
import { klTerm, policyTerm, sequenceWeights, type Term } from './token-loss.ts';

const clipped = (changes: Partial<Objective & { kind: 'clipped' }> = {}): Objective => ({
  kind: 'clipped',
  low: 0.2,
  high: 0.2,
  dual: null,
  ...changes,
});
const term = (objective: Objective, advantage: number, behaviour: number, logprob: number): Term =>
  policyTerm({ advantage, behaviour, logprob, reference: null }, objective);

describe('policy part', () => {
  test.each([
    [1, -1, -1.69315, -0.5],
    [-1, -1, -1, 1],
    [-4, -3, -0.69741, 12],
  ])('dual clip with advantage %d, log-probs %d and %d costs %d', (advantage, old, now, loss) => {
    // -1.69315 and -0.69741 are rounded: the ratio of the first is 0.5 only to 1.6e-6
    const { value } = term(clipped({ dual: 3 }), advantage, old, now);
    expect(Math.abs(value - loss)).toBeLessThan(2e-6);
  });

  test('policy gradient is minus A log pi', () => {
    expect(term({ kind: 'policy-gradient' }, 0.8, -9, -0.5)).toEqual({ value: 0.4, slope: -0.8 });
  });

  test('clip-higher lets a good token grow further, and no slope is left beyond', () => {
    const ratio = Math.log(1.25);
    expect(term(clipped(), 1, 0, ratio)).toEqual({ value: -1.2, slope: 0 });
    expect(term(clipped({ high: 0.3 }), 1, 0, ratio).slope).toBeCloseTo(-1.25, 12);
  });
});

describe('KL estimators at differences of reference and policy', () => {
  test.each([
    [0.1, 0.0051709],
    [-0.1, 0.0048374],
    [1, 0.7182818],
    [-1, 0.3678794],
    [3, 10],
  ])('k3 at %d is %d', (difference, value) => {
    expect(klTerm(difference, { estimator: 'k3', clamp: 10 }).value).toBeCloseTo(value, 7);
  });

  test('k3 at 3 is 16.0855 without the clamp, exp(3) - 3 - 1', () =>
    expect(klTerm(3, { estimator: 'k3', clamp: null }).value).toBeCloseTo(Math.exp(3) - 4, 12));
  test('k1 and k2', () => {
    expect(klTerm(0.5, { estimator: 'k1', clamp: null }).value).toBe(-0.5);
    expect(klTerm(0.5, { estimator: 'k2', clamp: null }).value).toBe(0.125);
  });
});

test('every slope is the derivative of its value', () => {
  const step = 1e-6;
  const objectives: Objective[] = [
    { kind: 'policy-gradient' },
    clipped(),
    clipped({ high: 0.4, dual: 2 }),
  ];
  for (const objective of objectives) {
    for (const advantage of [1.3, -0.7]) {
      for (const logprob of [-2.5, -1.9, -1.95, -1.1, 0]) {
        const at = (value: number) => term(objective, advantage, -2, value);
        const numeric = (at(logprob + step).value - at(logprob - step).value) / (2 * step);
        expect(at(logprob).slope).toBeCloseTo(numeric, 5);
      }
    }
  }
  for (const estimator of ['k1', 'k2', 'k3'] as const) {
    for (const logprob of [-3, -1, -0.2]) {
      const at = (value: number) => klTerm(-1.2 - value, { estimator, clamp: 10 });
      const numeric = (at(logprob + step).value - at(logprob - step).value) / (2 * step);
      expect(at(logprob).slope).toBeCloseTo(numeric, 5);
    }
  }
});

describe('averaging over sequences of 2 and 6 tokens', () => {
  test.each([
    [{ kind: 'token' } as const, [1 / 8, 1 / 8]],
    [{ kind: 'sequence' } as const, [1 / 4, 1 / 12]],
    [{ kind: 'constant', length: 10 } as const, [1 / 20, 1 / 20]],
  ])('%j', (averaging, expected) => {
    expect(sequenceWeights([2, 6], averaging)).toEqual(expected);
  });
});
