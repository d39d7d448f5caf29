import { type Stratum, wilsonInterval } from '@coa/metrics';

/** Standard errors of 95 %. */
const z = 1.959963984540054;

/** What questions that were not asked may still change, of differences that lie within -1 and 1. */
export type Unseen = {
  /** The most of the questions that may differ otherwise though none of those asked did; 0 where a spread was seen. */
  readonly share: number;
  /** How far the mean may lie below what was seen, and above. */
  readonly below: number;
  readonly above: number;
};

/** Whether every question differs by the same: resamples of them have no spread, however few they are. */
export const hasNoSpread = ({ values }: Stratum): boolean =>
  values.every((value) => Math.abs(value - values[0]!) < 1e-9);

/**
 * What a bootstrap cannot see in sets without any spread: Wilson's bound of 0 of n, n the questions where there is one such
 * set. Of a mean over several the smallest set counts for each, since its questions weigh the most.
 */
export const unseenOf = (strata: readonly Stratum[]): Unseen => {
  const blind = strata.filter(hasNoSpread);
  if (blind.length === 0) return { share: 0, below: 0, above: 0 };
  const fewest = Math.min(...blind.map(({ values }) => values.length));
  const share = wilsonInterval(0, blind.length * fewest, z).high;
  const room = (of: (seen: number) => number): number =>
    share * blind.reduce((sum, { coefficient, values }) => sum + coefficient * of(values[0]!), 0);
  return { share, below: room((seen) => 1 + seen), above: room((seen) => 1 - seen) };
};

/** An interval with the room for what was not seen: the two are independent, so that they add up as deviations do. */
export const widened = (
  { difference, low, high }: Record<'difference' | 'low' | 'high', number>,
  { below, above }: Unseen,
): { readonly low: number; readonly high: number } => ({
  low: below === 0 ? low : difference - Math.hypot(difference - low, below),
  high: above === 0 ? high : difference + Math.hypot(high - difference, above),
});

/** The largest deviation of a set's differences that agrees with what was seen; only where it has no spread. */
export const unseenDeviation = ({ values }: Stratum, { share }: Unseen): number =>
  Math.sqrt(share) * (1 + Math.abs(values[0]!));
