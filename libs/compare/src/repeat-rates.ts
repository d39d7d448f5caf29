import { meanAtK, passAtK, passHatK, type Repeats } from '@coa/metrics';
import type { Attempt } from './attempts.ts';

/** How a side does when each question is asked k times: means over the questions of a set, none weighing more. */
export type RepeatRates = {
  readonly dataset: string;
  readonly k: number;
  /** Questions that were asked k times at least; an attempt without a value is not counted as asked. */
  readonly questions: number;
  readonly meanAtK: number;
  /** One of k right at least. */
  readonly passAtK: number;
  /** All of k right. */
  readonly passHatK: number;
};

const repeatsOf = (attempts: readonly Attempt[]): Repeats[] => {
  const asked = new Map<string, Repeats>();
  for (const { question, value } of attempts) {
    if (value === null) continue;
    const before = asked.get(question) ?? { asked: 0, right: 0 };
    const right = before.right + Number(value === 1);
    asked.set(question, { asked: before.asked + 1, right });
  }
  return [...asked.values()];
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * mean@k, pass@k and pass^k of every set, for each k up to the most that every question of the set was asked; a value of 1
 * is right, less is not. Empty where no set was asked more than once.
 */
export const repeatRatesOf = (attempts: readonly Attempt[]): RepeatRates[] =>
  [...new Set(attempts.map(({ dataset }) => dataset))].flatMap((dataset) => {
    const repeats = repeatsOf(attempts.filter((attempt) => attempt.dataset === dataset));
    const most = repeats.length === 0 ? 0 : Math.min(...repeats.map(({ asked }) => asked));
    if (most < 2) return [];
    return Array.from({ length: most }, (_, i) => ({
      dataset,
      k: i + 1,
      questions: repeats.length,
      meanAtK: mean(repeats.map(meanAtK)),
      passAtK: mean(repeats.map((one) => passAtK(one, i + 1))),
      passHatK: mean(repeats.map((one) => passHatK(one, i + 1))),
    }));
  });
