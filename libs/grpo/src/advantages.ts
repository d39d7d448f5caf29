import type { GrpoConfig } from './config.ts';

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** (n - 1) standard deviation; 1 for a group of one. */
const unbiasedDeviation = (values: readonly number[], mean: number): number =>
  values.length === 1
    ? 1
    : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));

/**
 * Advantages of one group's rewards. mean: r - mean (paper, GRPO). unbiased-std: (r - mean) / (deviation + 1e-6), where a
 * group of one has mean 0 and deviation 1 (released code).
 */
export const groupAdvantages = (
  rewards: readonly number[],
  kind: GrpoConfig['advantage'],
): number[] => {
  if (rewards.length === 0) throw new RangeError('a group of no rewards has no advantages');
  // exactly: the mean of equal numbers is not always the number
  if (rewards.length > 1 && isZeroVariance(rewards)) return rewards.map(() => 0);
  const mean = meanOf(rewards);
  switch (kind) {
    case 'mean':
      return rewards.map((reward) => reward - mean);
    case 'unbiased-std': {
      const centre = rewards.length === 1 ? 0 : mean;
      const deviation = unbiasedDeviation(rewards, mean);
      return rewards.map((reward) => (reward - centre) / (deviation + 1e-6));
    }
  }
};

/** Whether a group teaches nothing: every member got the same reward. */
export const isZeroVariance = (rewards: readonly number[]): boolean =>
  rewards.every((reward) => reward === rewards[0]);
