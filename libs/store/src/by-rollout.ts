/** Rows by the rollout that they belong to, their order kept. */
export const byRollout = <T extends { readonly rolloutId: number }>(rows: readonly T[]) => {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.rolloutId);
    if (group) group.push(row);
    else groups.set(row.rolloutId, [row]);
  }
  return groups;
};
