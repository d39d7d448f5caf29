import type { Rng } from '@coa/core';

/** A value and what it belongs to: values of one cluster (a question's repeats) are not independent. */
export type ClusteredValue = { readonly cluster: string; readonly value: number };

/** Which of `n` values the next resample holds. */
export type Draws = (n: number) => ArrayLike<number>;

export type IntervalOptions = {
  /** Coverage in (0, 1), e.g. 0.95. */
  readonly level: number;
  /** Bootstrap resamples, e.g. 10_000. */
  readonly resamples: number;
  readonly rng: Rng;
  /** In place of what `rng` draws. */
  readonly draws?: Draws;
};

export const drawsOf =
  (rng: Rng): Draws =>
  (n) => {
    const places = n > 65536 ? new Uint32Array(n) : new Uint16Array(n);
    for (let draw = 0; draw < n; draw++) places[draw] = Math.floor(rng() * n);
    return places;
  };

export type Cluster = { readonly name: string; readonly sum: number; readonly count: number };

/** Sum and count per cluster, by name, so that the order of the input changes no draw. Throws on NaN and infinity. */
export const clustersOf = (values: readonly ClusteredValue[]): Cluster[] => {
  const found = new Map<string, { name: string; sum: number; count: number }>();
  for (const { cluster: name, value } of values) {
    if (!Number.isFinite(value)) throw new RangeError(`value ${value} of '${name}' is not finite`);
    const cluster = found.get(name) ?? { name, sum: 0, count: 0 };
    cluster.sum += value;
    cluster.count += 1;
    found.set(name, cluster);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};

export const assertOptions = ({ level, resamples }: IntervalOptions): void => {
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must lie in (0, 1)`);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples is ${resamples}; it must be a whole number of at least 1`);
  }
};

/** Linear between order statistics, as numpy's default. `sorted` ascending, not empty. */
export const quantile = (sorted: Float64Array, p: number): number => {
  const at = (sorted.length - 1) * p;
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
};

/** Percentile interval of the mean of all values, whole clusters drawn with replacement. */
export const bootstrapInterval = (
  clusters: readonly Pick<Cluster, 'sum' | 'count'>[],
  { level, resamples, rng, draws = drawsOf(rng) }: IntervalOptions,
): { low: number; high: number } => {
  const sums = Float64Array.from(clusters, ({ sum }) => sum);
  const counts = Float64Array.from(clusters, ({ count }) => count);
  const means = Float64Array.from({ length: resamples }, () => {
    let [sum, count] = [0, 0];
    const places = draws(sums.length);
    for (let draw = 0; draw < sums.length; draw++) {
      const chosen = places[draw]!;
      sum += sums[chosen]!;
      count += counts[chosen]!;
    }
    return sum / count;
  }).sort();
  return { low: quantile(means, (1 - level) / 2), high: quantile(means, (1 + level) / 2) };
};
