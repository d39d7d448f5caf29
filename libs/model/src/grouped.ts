/**
 * Neighbours together while their sizes add up to at most `most`, in order; a single larger one stands alone.
 * For what is held in memory at once, or makes up a step.
 */
export const grouped = <T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  most: number,
): T[][] => {
  const groups: T[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    if (size + sizeOf(item) > most) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)!.push(item);
    size += sizeOf(item);
  }
  return groups;
};
