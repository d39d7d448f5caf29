import type { SeededStratum } from './contrast-seeds.ts';

/** One rollout, as the claims see it. */
export type ClaimRow = {
  readonly arm: string;
  /** Of the training, where there was one, and of the sampling. */
  readonly seed: number;
  readonly dataset: string;
  readonly question: string;
  /** null where nobody can say. */
  readonly known: boolean | null;
  /** null where nobody can say. */
  readonly hops: number | null;
  readonly actions: number;
  /** 1 = exact match. */
  readonly score: number;
};

/** Tool calls that were made while an arm's model was trained under one seed. */
export type TrainingCalls = {
  readonly arm: string;
  readonly seed: number;
  readonly real: number;
  readonly simulated: number;
};

/** A question of one set, and what an arm's rollouts of it got under each seed (mean where there are several). */
export type Cell = Pick<ClaimRow, 'dataset' | 'known'> & {
  readonly bySeed: ReadonlyMap<number, number>;
};

/** Rows of some arms by question of a set, in an order of their own. */
export const byQuestion = (
  rows: readonly ClaimRow[],
  arms: readonly string[],
): Map<string, ClaimRow[]> => {
  const found = new Map<string, ClaimRow[]>();
  for (const row of rows) {
    if (!arms.includes(row.arm)) continue;
    const key = JSON.stringify([row.dataset, row.question]);
    const held = found.get(key);
    if (held) held.push(row);
    else found.set(key, [row]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** Seeds under which every one of the arms has rows, in order. */
export const sharedSeeds = (rows: readonly ClaimRow[], arms: readonly string[]): number[] => {
  const each = arms.map(
    (arm) => new Set(rows.filter((row) => row.arm === arm).map(({ seed }) => seed)),
  );
  return [...(each[0] ?? [])]
    .filter((seed) => each.every((seeds) => seeds.has(seed)))
    .sort((a, b) => a - b);
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** An arm's questions. */
export const cellsOf = (rows: readonly ClaimRow[], arm: string): Map<string, Cell> =>
  new Map(
    [...byQuestion(rows, [arm])].map(([key, own]) => {
      const { dataset, known } = own[0]!;
      const seeds = new Set(own.map(({ seed }) => seed));
      const scoreOf = (seed: number): number =>
        meanOf(own.filter((row) => row.seed === seed).map(({ score }) => score));
      const bySeed = new Map([...seeds].map((seed) => [seed, scoreOf(seed)]));
      return [key, { dataset, known, bySeed }];
    }),
  );

/** Values by set, every set weighing the same. */
export const strataOf = (
  values: readonly { readonly dataset: string; readonly bySeed: Float64Array }[],
  weight = 1,
): SeededStratum[] => {
  const sets = new Map<string, Float64Array[]>();
  for (const { dataset, bySeed } of values)
    sets.set(dataset, [...(sets.get(dataset) ?? []), bySeed]);
  return [...sets.values()].map((one) => ({ coefficient: weight / sets.size, values: one }));
};
