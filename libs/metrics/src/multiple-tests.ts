/** Places of the p-values from the smallest up. Throws where one is not in [0, 1]. */
const ascending = (pValues: readonly number[]): number[] => {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`p-value ${bad} is not in [0, 1]`);
  return [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
};

/**
 * Holm's step-down adjustment (1979): adjusted p-values, in the order given, that hold the family-wise error rate under
 * any dependence. Throws where one is not in [0, 1].
 */
export const holm = (pValues: readonly number[]): number[] => {
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, i] of ascending(pValues).entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
};

/**
 * The level at which Holm's procedure decides each test, in the order given: a p-value at most its level is a rejection,
 * and an interval that leaves out as much is consistent with it. Tests behind the first that is not rejected stay at its level.
 */
export const holmLevels = (pValues: readonly number[], level: number): number[] => {
  const levels = new Array<number>(pValues.length);
  let stopped: number | null = null;
  for (const [rank, i] of ascending(pValues).entries()) {
    levels[i] = stopped ?? level / (pValues.length - rank);
    if (pValues[i]! > levels[i]!) stopped = levels[i]!;
  }
  return levels;
};

/**
 * Benjamini and Hochberg's step-up adjustment (1995): adjusted p-values, in the order given, that hold the expected share
 * of false discoveries under independence or positive dependence. Throws where one is not in [0, 1].
 */
export const benjaminiHochberg = (pValues: readonly number[]): number[] => {
  const adjusted = new Array<number>(pValues.length);
  let smallest = 1;
  for (const [left, i] of ascending(pValues).reverse().entries()) {
    const rank = pValues.length - left;
    smallest = Math.min(smallest, (pValues.length * pValues[i]!) / rank);
    adjusted[i] = smallest;
  }
  return adjusted;
};
