import { groupBy } from '@coa/core';

/** Rows by the rollout that they belong to, their order kept. */
export const byRollout = <T extends { readonly rolloutId: number }>(rows: readonly T[]) =>
  groupBy(rows, ({ rolloutId }) => rolloutId);
