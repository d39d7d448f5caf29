import type { Rng } from '@coa/core';

/** A statistic under each training seed, and as it may come out with other questions and other seeds. */
export type SeededEffect = {
  /** Over all seeds together. */
  readonly effect: number;
  readonly bySeed: readonly number[];
  /** Ascending; percentiles of it are an interval's ends. */
  readonly drawn: Float64Array;
};

export type DrawOptions = { readonly resamples: number; readonly rng: Rng };

/** Box and Muller (1958). */
const drawNormal = (rng: Rng): number =>
  Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());

/** Student's t by its definition: a normal over the root mean square of so many others. */
const drawT = (freedom: number, rng: Rng): number => {
  let squares = 0;
  for (let i = 0; i < freedom; i++) squares += drawNormal(rng) ** 2;
  return drawNormal(rng) / Math.sqrt(squares / freedom);
};

/** Standard error of the mean over seeds; 0 where there is but one, which says nothing of others. */
const seedError = (bySeed: readonly number[]): number => {
  const n = bySeed.length;
  if (n < 2) return 0;
  const mean = bySeed.reduce((sum, value) => sum + value, 0) / n;
  return Math.sqrt(bySeed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) / n);
};

/**
 * Questions and training seeds are crossed, and both are drawn anew: questions by bootstrap (`redraw` gives the statistic
 * on one resample, seeds together), seeds by Student's t on the spread between them. Drawing three seeds with replacement
 * would find two thirds of their variance and nothing of how little three tell about it; t is the small-sample answer
 * (Behrens and Fisher's sum of the two parts), and holds its rate however much seeds differ. Welch and Satterthwaite's
 * degrees of freedom would find more, but erred in 7 of 100 cases at a stated 5, and in 2 at a stated 0.6, where seeds
 * differed by 5 points. With three seeds, which is little, a difference is seen from 2.5 of its standard deviations between
 * seeds on (4.3 / sqrt 3; 7.3 under Holm's strictest of eight). What a rollout adds by chance is in both parts, so
 * intervals are a little too wide.
 */
export const crossedEffect = (
  {
    effect,
    bySeed,
    redraw,
  }: Omit<SeededEffect, 'drawn'> & { readonly redraw: (rng: Rng) => number },
  { resamples, rng }: DrawOptions,
): SeededEffect => {
  const error = seedError(bySeed);
  const draw = () => redraw(rng) + (error === 0 ? 0 : error * drawT(bySeed.length - 1, rng));
  return { effect, bySeed, drawn: Float64Array.from({ length: resamples }, draw).sort() };
};

/** Questions drawn among themselves, each with its value under every seed; NaN where a seed has none. */
export type SeededStratum = {
  readonly coefficient: number;
  readonly values: readonly Float64Array[];
};

const meanOf = (values: ArrayLike<number>): number => {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    sum += values[i]!;
    count += 1;
  }
  return sum / count;
};

const drawnMean = (values: Float64Array, rng: Rng): number => {
  const n = values.length;
  let sum = 0;
  for (let draw = 0; draw < n; draw++) sum += values[(rng() * n) | 0]!;
  return sum / n;
};

/** The sum over strata of coefficient times mean, with questions and seeds drawn anew. Throws on an empty stratum. */
export const seededContrast = (
  strata: readonly SeededStratum[],
  options: DrawOptions,
): SeededEffect => {
  if (strata.some(({ values }) => values.length === 0))
    throw new RangeError('a stratum without questions has no mean');
  const sum = (of: (stratum: SeededStratum) => number): number =>
    strata.reduce((total, stratum) => total + stratum.coefficient * of(stratum), 0);
  const seeds = [...strata[0]!.values[0]!.keys()];
  const means = strata.map(({ coefficient, values }) => ({
    coefficient,
    values: Float64Array.from(values, meanOf),
  }));
  const redraw = (rng: Rng): number =>
    means.reduce(
      (total, { coefficient, values }) => total + coefficient * drawnMean(values, rng),
      0,
    );
  const bySeed = seeds.map((seed) => sum(({ values }) => meanOf(values.map((one) => one[seed]!))));
  const effect = means.reduce((total, one) => total + one.coefficient * meanOf(one.values), 0);
  return crossedEffect({ effect, bySeed, redraw }, options);
};

/** One-sided p of "not above 0" and of "not below 0": (1 + draws on the wrong side) / (1 + draws). */
export const tailsOf = ({ drawn }: Pick<SeededEffect, 'drawn'>) => {
  const share = (wrong: (value: number) => boolean): number =>
    (1 + drawn.filter(wrong).length) / (1 + drawn.length);
  return { above: share((value) => !(value > 0)), below: share((value) => !(value < 0)) };
};

/**
 * The interval that leaves out 0 exactly where the tails' p are at most `lower` and `upper`. Throws where there are too few
 * draws to tell.
 */
export const boundsOf = (
  { drawn }: Pick<SeededEffect, 'drawn'>,
  { lower, upper }: { readonly lower: number; readonly upper: number },
): { readonly low: number; readonly high: number } => {
  // a p of exactly the level counts as at most it, whatever rounding made of their product
  const places = [lower, upper].map((share) => Math.floor(share * (drawn.length + 1) + 1e-9));
  if (places.includes(0))
    throw new RangeError(`${drawn.length} resamples cannot tell a p of ${Math.min(lower, upper)}`);
  return { low: drawn[places[0]! - 1]!, high: drawn[drawn.length - places[1]!]! };
};
