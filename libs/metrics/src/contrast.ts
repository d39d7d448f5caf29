import { assertOptions, type Draws, drawsOf, type IntervalOptions, quantile } from './bootstrap.ts';

/** Questions that are drawn among themselves, e.g. those of one set; one value each (its seeds' mean). */
export type Stratum = { readonly coefficient: number; readonly values: readonly number[] };

/** An effect with its interval and the one-sided p of "not above 0" and of "not below 0". */
export type Effect = {
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  readonly pNotBelow: number;
};

const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

const drawnMean = (values: Float64Array, draws: Draws): number => {
  const places = draws(values.length);
  let sum = 0;
  for (let draw = 0; draw < values.length; draw++) sum += values[places[draw]!]!;
  return sum / values.length;
};

/**
 * Effect, percentile interval and one-sided p of a statistic from its value on the data and on each resample:
 * p = (1 + resamples at or below 0) / (1 + resamples). A resample at 0 speaks against either side.
 */
export const effectOf = (
  effect: number,
  draw: () => number,
  { level, resamples }: Pick<IntervalOptions, 'level' | 'resamples'>,
): Effect => {
  const drawn = Float64Array.from({ length: resamples }, draw).sort();
  const p = (holds: (value: number) => boolean): number =>
    (1 + drawn.filter(holds).length) / (1 + resamples);
  return {
    effect,
    low: quantile(drawn, (1 - level) / 2),
    high: quantile(drawn, (1 + level) / 2),
    p: p((value) => !(value > 0)),
    pNotBelow: p((value) => !(value < 0)),
  };
};

/**
 * The sum over strata of coefficient times mean, with a bootstrap that draws questions within each stratum: the mean over
 * sets where every coefficient is 1 / sets. Throws on an empty stratum.
 */
export const stratifiedContrast = (
  strata: readonly Stratum[],
  options: IntervalOptions,
): Effect => {
  assertOptions(options);
  const held = strata.map(({ coefficient, values }) => {
    if (values.length === 0) throw new RangeError('a stratum without questions has no mean');
    return { coefficient, values: Float64Array.from(values) };
  });
  const sum = (of: (values: Float64Array) => number): number =>
    held.reduce((total, { coefficient, values }) => total + coefficient * of(values), 0);
  const draws = options.draws ?? drawsOf(options.rng);
  return effectOf(sum(meanOf), () => sum((values) => drawnMean(values, draws)), options);
};
