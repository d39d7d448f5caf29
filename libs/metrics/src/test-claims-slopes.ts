import type { Rng } from '@coa/core';
import { crossedEffect, type DrawOptions, type SeededEffect } from './contrast-seeds.ts';
import { byQuestion, type ClaimRow, sharedSeeds } from './test-claims-rows.ts';

/** n, sum x, sum y, sum xy, sum x^2 of rollouts: x = action steps, y = score. */
type Moments = readonly [n: number, x: number, y: number, xy: number, xx: number];

const size = 5;

/** Questions alike in what makes them hard: one set, as many hops, known or not. */
type Stratum = {
  readonly questions: number;
  /** Arm by arm, the moments of its rollouts of each question, one after another. */
  readonly moments: readonly Float64Array[];
};

/** Which question of a stratum stands in for each of its questions, by stratum. */
type Choice = readonly Int32Array[];

const momentsOf = (rows: readonly ClaimRow[]): Moments => {
  let [n, sumX, sumY, sumXY, sumXX] = [0, 0, 0, 0, 0];
  for (const { actions: x, score: y } of rows) {
    n += 1;
    sumX += x;
    sumY += y;
    sumXY += x * y;
    sumXX += x * x;
  }
  return [n, sumX, sumY, sumXY, sumXX];
};

const chosenMoments = (moments: Float64Array, chosen: Int32Array): Moments => {
  let [n, x, y, xy, xx] = [0, 0, 0, 0, 0];
  for (let i = 0; i < chosen.length; i++) {
    const at = size * chosen[i]!;
    n += moments[at]!;
    x += moments[at + 1]!;
    y += moments[at + 2]!;
    xy += moments[at + 3]!;
    xx += moments[at + 4]!;
  }
  return [n, x, y, xy, xx];
};

/** Least squares within strata: what differs between them, e.g. hops, is no slope. 0 where steps never differ. */
const slopeOf = (strata: readonly Stratum[], arm: number, choice: Choice): number => {
  let [shared, spread] = [0, 0];
  for (let i = 0; i < strata.length; i++) {
    const [n, x, y, xy, xx] = chosenMoments(strata[i]!.moments[arm]!, choice[i]!);
    if (n === 0) continue;
    shared += xy - (x * y) / n;
    spread += xx - (x * x) / n;
  }
  return spread <= 1e-9 ? 0 : shared / spread;
};

const asTheyAre = (strata: readonly Stratum[]): Choice =>
  strata.map(({ questions }) => Int32Array.from({ length: questions }, (_, i) => i));

/** Draws anew in place, stratum by stratum. */
const drawInto = (choice: Choice, rng: Rng): Choice => {
  for (const chosen of choice)
    for (let i = 0; i < chosen.length; i++) chosen[i] = Math.floor(rng() * chosen.length);
  return choice;
};

const stratified = (arms: readonly (readonly ClaimRow[])[]): Stratum[] => {
  const strata = new Map<string, Moments[][]>();
  const names = arms.map((rows) => rows[0]?.arm);
  for (const own of byQuestion(arms.flat()).values()) {
    const { dataset, hops, known } = own[0]!;
    const key = JSON.stringify([dataset, hops, known]);
    const held = strata.get(key) ?? [];
    held.push(names.map((name) => momentsOf(own.filter(({ arm }) => arm === name))));
    strata.set(key, held);
  }
  return [...strata.values()].map((questions) => ({
    questions: questions.length,
    moments: arms.map((_, arm) => Float64Array.from(questions.flatMap((one) => one[arm]!))),
  }));
};

/** A weighted sum of arms' slopes, plus `margin`. */
export type SlopeSum = { readonly weights: readonly number[]; readonly margin: number };

/** Change of success with one more action step, once there is one, summed over arms; an arm's rows each. */
export const slopeEffects = (
  arms: readonly (readonly ClaimRow[])[],
  { sums, resamples, rng }: DrawOptions & { readonly sums: readonly SlopeSum[] },
): { readonly effects: SeededEffect[]; readonly questions: number } | null => {
  const acting = arms.map((rows) => rows.filter(({ actions }) => actions > 0));
  const seeds = sharedSeeds(acting);
  if (seeds.length === 0) return null;
  const under = (kept: readonly number[]): Stratum[] =>
    stratified(acting.map((rows) => rows.filter(({ seed }) => kept.includes(seed))));
  const strata = under(seeds);
  const each = seeds.map((seed) => under([seed]));
  const drawn = asTheyAre(strata);
  const effects = sums.map(({ weights, margin }) => {
    const sum = (of: readonly Stratum[], choice: Choice): number =>
      weights.reduce(
        (total, weight, arm) => (weight === 0 ? total : total + weight * slopeOf(of, arm, choice)),
        margin,
      );
    const redraw = (from: Rng): number => sum(strata, drawInto(drawn, from));
    const bySeed = each.map((own) => sum(own, asTheyAre(own)));
    const effect = sum(strata, asTheyAre(strata));
    return crossedEffect({ effect, bySeed, redraw }, { resamples, rng });
  });
  return { effects, questions: strata.reduce((n, { questions }) => n + questions, 0) };
};
