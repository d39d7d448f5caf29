import { groupBy } from '@coa/core';
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

/** Rows by question of a set, in an order of their own. */
export const byQuestion = (rows: readonly ClaimRow[]): Map<string, ClaimRow[]> =>
  new Map(
    [...groupBy(rows, ({ dataset, question }) => JSON.stringify([dataset, question]))].sort(
      ([a], [b]) => (a < b ? -1 : 1),
    ),
  );

/** Seeds under which each of several arms has rows, in order. */
export const sharedSeeds = (arms: readonly (readonly ClaimRow[])[]): number[] => {
  const each = arms.map((rows) => new Set(rows.map(({ seed }) => seed)));
  return [...(each[0] ?? [])]
    .filter((seed) => each.every((seeds) => seeds.has(seed)))
    .sort((a, b) => a - b);
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** An arm's questions. */
const cellsOf = (rows: readonly ClaimRow[]): Map<string, Cell> =>
  new Map(
    [...byQuestion(rows)].map(([key, own]) => {
      const { dataset, known } = own[0]!;
      const seeds = new Set(own.map(({ seed }) => seed));
      const scoreOf = (seed: number): number =>
        meanOf(own.filter((row) => row.seed === seed).map(({ score }) => score));
      const bySeed = new Map([...seeds].map((seed) => [seed, scoreOf(seed)]));
      return [key, { dataset, known, bySeed }];
    }),
  );

/** Rows arm by arm; each arm's questions are gathered once, however many claims are about it. */
export type ArmRows = {
  rowsOf(arm: string): readonly ClaimRow[];
  cellsOf(arm: string): ReadonlyMap<string, Cell>;
};

export const armRows = (rows: readonly ClaimRow[]): ArmRows => {
  const arms = groupBy(rows, ({ arm }) => arm);
  const cells = new Map<string, Map<string, Cell>>();
  const rowsOf = (arm: string): readonly ClaimRow[] => arms.get(arm) ?? [];
  return {
    rowsOf,
    cellsOf: (arm) => {
      const own = cells.get(arm) ?? cellsOf(rowsOf(arm));
      cells.set(arm, own);
      return own;
    },
  };
};

/** Values by set, every set weighing the same. */
export const strataOf = (
  values: readonly { readonly dataset: string; readonly bySeed: Float64Array }[],
  weight = 1,
): SeededStratum[] => {
  const sets = groupBy(values, ({ dataset }) => dataset);
  return [...sets.values()].map((one) => ({
    coefficient: weight / sets.size,
    values: one.map(({ bySeed }) => bySeed),
  }));
};
