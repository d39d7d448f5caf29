/**
 * Holm's step-down adjustment (1979): adjusted p-values, in the order given, that hold the family-wise error rate under
 * any dependence. Throws where one is not in [0, 1].
 */
export const holm = (pValues: readonly number[]): number[] => {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`p-value ${bad} is not in [0, 1]`);
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
};
