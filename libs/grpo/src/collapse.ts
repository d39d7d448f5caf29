import type { Collapse } from './config.ts';

/** The rewards of a run stopped being what they were. */
export class CollapseError extends Error {
  override readonly name = 'CollapseError';
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * What is wrong with the mean rewards of consecutive batches, or null: the mean of the last `window` is less than
 * `share` of the best mean of `window` batches before them. Nothing is said of best means that are not positive.
 */
export const collapseOf = (
  rewards: readonly number[],
  { window, share }: Collapse,
): string | null => {
  if (rewards.length < 2 * window) return null;
  const last = meanOf(rewards.slice(-window));
  const before = rewards.slice(0, -window);
  const means = Array.from({ length: before.length - window + 1 }, (_, i) =>
    meanOf(before.slice(i, i + window)),
  );
  const best = Math.max(...means);
  if (best <= 0 || last >= share * best) return null;
  return `the mean reward of the last ${window} batches is ${last.toFixed(4)}, less than ${share} of the best mean before, ${best.toFixed(4)}`;
};
