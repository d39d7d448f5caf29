/** Rows by a key, their order kept. */
export const byKey = <T, K>(rows: readonly T[], keyOf: (row: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
};

/** Rows by the rollout that they belong to, their order kept. */
export const byRollout = <T extends { readonly rolloutId: number }>(rows: readonly T[]) =>
  byKey(rows, ({ rolloutId }) => rolloutId);
