import type { Rng } from '@coa/core';
import { crossedEffect, type DrawOptions, type SeededEffect } from './contrast-seeds.ts';
import { byQuestion, type ClaimRow, sharedSeeds } from './test-claims-rows.ts';

/** n, sum x, sum y, sum xy, sum x^2 of rollouts: x = action steps, y = score. */
type Moments = Float64Array;

const momentsOf = (rows: readonly ClaimRow[]): Moments => {
  const sums = new Float64Array(5);
  for (const { actions: x, score: y } of rows)
    for (const [i, term] of [1, x, y, x * y, x * x].entries()) sums[i] = sums[i]! + term;
  return sums;
};

/** Questions alike in what makes them hard: one set, as many hops, known or not. Moments by arm, then question. */
type Stratum = readonly (readonly Moments[])[];

/** Least squares within strata: what differs between them, e.g. hops, is no slope. 0 where steps never differ. */
const slopeOf = (sums: readonly Moments[]): number => {
  let [shared, spread] = [0, 0];
  for (const [n, x, y, xy, xx] of sums) {
    if (n === 0) continue;
    shared += xy! - (x! * y!) / n!;
    spread += xx! - (x! * x!) / n!;
  }
  return spread <= 1e-9 ? 0 : shared / spread;
};

const addTo = (sums: Moments, moments: Moments): void => {
  for (let i = 0; i < 5; i++) sums[i] = sums[i]! + moments[i]!;
};

/** Slope of each arm where question `pick(n)` of n stands in for each of a stratum's. */
const slopes = (
  strata: readonly Stratum[],
  arms: number,
  pick: (n: number, i: number) => number,
) => {
  const sums = strata.map((questions) => {
    const own = Array.from({ length: arms }, () => new Float64Array(5));
    for (let i = 0; i < questions.length; i++) {
      const chosen = questions[pick(questions.length, i)]!;
      for (let arm = 0; arm < arms; arm++) addTo(own[arm]!, chosen[arm]!);
    }
    return own;
  });
  return Array.from({ length: arms }, (_, arm) => slopeOf(sums.map((own) => own[arm]!)));
};

const stratified = (rows: readonly ClaimRow[], arms: readonly string[]): Stratum[] => {
  const strata = new Map<string, (readonly Moments[])[]>();
  for (const own of byQuestion(rows, arms).values()) {
    const { dataset, hops, known } = own[0]!;
    const key = JSON.stringify([dataset, hops, known]);
    const moments = arms.map((arm) => momentsOf(own.filter((row) => row.arm === arm)));
    strata.set(key, [...(strata.get(key) ?? []), moments]);
  }
  return [...strata.values()];
};

/** A weighted sum of arms' slopes, plus `margin`. */
export type SlopeSum = { readonly weights: readonly number[]; readonly margin: number };

/** Change of success with one more action step, once there is one, summed over arms. */
export const slopeEffects = (
  rows: readonly ClaimRow[],
  arms: readonly string[],
  { sums, resamples, rng }: DrawOptions & { readonly sums: readonly SlopeSum[] },
): { readonly effects: SeededEffect[]; readonly questions: number } | null => {
  const acting = rows.filter(({ arm, actions }) => arms.includes(arm) && actions > 0);
  const seeds = sharedSeeds(acting, arms);
  const used = acting.filter(({ seed }) => seeds.includes(seed));
  if (used.length === 0) return null;
  const strata = stratified(used, arms);
  const asTheyAre = (_: number, i: number): number => i;
  const drawn = (rng: Rng) => (n: number) => Math.floor(rng() * n);
  const all = slopes(strata, arms.length, asTheyAre);
  const bySeed = seeds.map((seed) => {
    const own = stratified(
      used.filter((row) => row.seed === seed),
      arms,
    );
    return slopes(own, arms.length, asTheyAre);
  });
  const effects = sums.map(({ weights, margin }) => {
    const sum = (of: readonly number[]) =>
      weights.reduce((total, weight, arm) => total + weight * of[arm]!, margin);
    const redraw = (from: Rng) => sum(slopes(strata, arms.length, drawn(from)));
    return crossedEffect({ effect: sum(all), bySeed: bySeed.map(sum), redraw }, { resamples, rng });
  });
  return { effects, questions: strata.reduce((n, questions) => n + questions.length, 0) };
};
