import { deriveSeed, seededRng } from '@coa/core';
import {
  benjaminiHochberg,
  type ClusteredValue,
  type Effect,
  holm,
  type IntervalOptions,
  minimumDetectableEffect,
  pairedDifference,
  type Stratum,
  stratifiedContrast,
} from '@coa/metrics';
import type { Attempt } from './attempts.ts';
import { type DrawSource, ownDraws } from './shared-draws.ts';
import { hasNoSpread, type Unseen, unseenDeviation, unseenOf, widened } from './unseen.ts';

/**
 * better, worse: b's mean lies above or below a's beyond chance (corrected p below 0.05). tie: the whole interval lies within
 * the margin of what counts as no difference. undecided: neither can be said with so many questions.
 */
export type Verdict = 'better' | 'worse' | 'tie' | 'undecided';

/** What b's mean is more than a's, on the questions that both answered. */
export type Difference = {
  /** null: the mean over the sets, each weighing the same. */
  readonly dataset: string | null;
  /** Questions that both sides have a value for. */
  readonly questions: number;
  /** Questions that one of the two only has a value for, left out. */
  readonly unpaired: number;
  readonly a: number;
  readonly b: number;
  readonly difference: number;
  /** Of a share, wider than a bootstrap's where questions do not differ among themselves: few that agree are few. */
  readonly low: number;
  readonly high: number;
  /** Two-sided. mcnemar: exact, where each question has one 0/1 value a side; bootstrap: over questions otherwise. */
  readonly p: number;
  readonly test: 'mcnemar' | 'bootstrap';
  /** p after Holm's correction over the sets; the mean over the sets is one test of its own. */
  readonly adjusted: number;
  /** p after Benjamini and Hochberg's correction instead: for reading many sets, not for the verdict. */
  readonly falseDiscovery: number;
  readonly verdict: Verdict;
  /** The true difference that so many questions would have found four times in five. */
  readonly detectable: number;
};

export type DifferenceOptions = {
  /** Differences no greater than this count as none, in the metric's unit. */
  readonly margin: number;
  readonly resamples: number;
  readonly seed: number;
  /** Absent: each comparison draws for itself. */
  readonly draws?: DrawSource;
};

/** What `compareValues` needs to know beside. */
export type ValueOptions = DifferenceOptions & {
  /** Whether values lie within 0 and 1: of a count nothing is known of values that were not met. */
  readonly isShare: boolean;
};

export const defaultDifference: DifferenceOptions = { margin: 0.02, resamples: 10_000, seed: 0 };

/** What a difference is made of. */
export type ValuedAttempt = Pick<Attempt, 'dataset' | 'question' | 'value'>;

const level = 0.95;

type Paired = { readonly a: number; readonly b: number };

const valuesOf = (attempts: readonly ValuedAttempt[]): ClusteredValue[] =>
  attempts.flatMap(({ question, value }) => (value === null ? [] : [{ cluster: question, value }]));

const meansOf = (values: readonly ClusteredValue[]): Map<string, number> => {
  const held = new Map<string, { sum: number; count: number }>();
  for (const { cluster, value } of values) {
    const one = held.get(cluster) ?? { sum: 0, count: 0 };
    held.set(cluster, { sum: one.sum + value, count: one.count + 1 });
  }
  return new Map([...held].map(([name, { sum, count }]) => [name, sum / count]));
};

/** Each question's mean over its repeats on both sides, by the question's id. */
const pairsOf = (a: readonly ClusteredValue[], b: readonly ClusteredValue[]): Paired[] => {
  const others = meansOf(b);
  return [...meansOf(a)]
    .filter(([question]) => others.has(question))
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([question, mean]) => ({ a: mean, b: others.get(question)! }));
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const deviation = (values: readonly number[]): number => {
  if (values.length < 2) return 0;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
};

/** Of a bootstrap, but never below what n questions that all differ to one side show: a lone question shows nothing. */
const twoSided = ({ p, pNotBelow }: Effect, questions: number): number =>
  Math.min(1, Math.max(2 * Math.min(p, pNotBelow), 2 ** (1 - questions)));

const verdictOf = (
  { difference, low, high }: Pick<Difference, 'difference' | 'low' | 'high'>,
  adjusted: number,
  margin: number,
): Verdict => {
  const same = Math.abs(low) <= margin && Math.abs(high) <= margin;
  if (adjusted < 0.05 && !same) return difference > 0 ? 'better' : 'worse';
  return same ? 'tie' : 'undecided';
};

type Judgement = 'adjusted' | 'falseDiscovery' | 'verdict';

type Tested = Omit<Difference, Judgement> & { readonly pairs: readonly Paired[] };

const nothing: Unseen = { share: 0, below: 0, above: 0 };

const unseenIn = (strata: readonly Stratum[], { isShare }: ValueOptions): Unseen =>
  isShare ? unseenOf(strata) : nothing;

/** The deviation of the differences of a set, or what may be there unseen. */
const deviationOf = (stratum: Stratum, unseen: Unseen): number =>
  hasNoSpread(stratum) ? unseenDeviation(stratum, unseen) : deviation(stratum.values);

/** How to draw for one purpose: what is drawn depends on it, on the seed and on how many there are to draw from. */
const intervalOptions = (
  { resamples, seed: root, draws = ownDraws }: ValueOptions,
  purpose: readonly string[],
  sizes: readonly number[],
): IntervalOptions => {
  const seed = deriveSeed(root, 'difference', ...purpose);
  return { level, resamples, rng: seededRng(seed), draws: draws({ seed, resamples, sizes }) };
};

const testSet = (
  dataset: string,
  sides: { readonly a: readonly ValuedAttempt[]; readonly b: readonly ValuedAttempt[] },
  options: ValueOptions,
): Tested | null => {
  const own = (attempts: readonly ValuedAttempt[]) =>
    valuesOf(attempts.filter((attempt) => attempt.dataset === dataset));
  const [a, b] = [own(sides.a), own(sides.b)];
  const pairs = pairsOf(a, b);
  if (pairs.length === 0) return null;
  const drawn = (what: string) => intervalOptions(options, [dataset, what], [pairs.length]);
  const paired = pairedDifference(b, a, drawn('interval'));
  const stratum = { coefficient: 1, values: pairs.map((pair) => pair.b - pair.a) };
  const unseen = unseenIn([stratum], options);
  const { difference, questions, unpaired, pValue } = paired;
  return {
    dataset,
    ...{ questions, unpaired, difference, ...widened(paired, unseen) },
    a: mean(pairs.map((pair) => pair.a)),
    b: mean(pairs.map((pair) => pair.b)),
    p: pValue ?? twoSided(stratifiedContrast([stratum], drawn('p')), questions),
    test: pValue === null ? 'bootstrap' : 'mcnemar',
    detectable: minimumDetectableEffect({
      n: questions,
      deviation: deviationOf(stratum, unseen),
    }),
    pairs,
  };
};

const testAverage = (
  sets: readonly Tested[],
  options: ValueOptions,
): Omit<Difference, Judgement> => {
  const strata: Stratum[] = sets.map(({ pairs }) => ({
    coefficient: 1 / sets.length,
    values: pairs.map(({ a, b }) => b - a),
  }));
  const sizes = strata.map(({ values }) => values.length);
  const total = stratifiedContrast(strata, intervalOptions(options, ['average'], sizes));
  const unseen = unseenIn(strata, options);
  // the variance of a weighted sum of independent means, as one deviation over all questions
  const variance = strata.reduce(
    (sum, stratum) =>
      sum + (stratum.coefficient * deviationOf(stratum, unseen)) ** 2 / stratum.values.length,
    0,
  );
  const count = (field: 'questions' | 'unpaired') => sets.reduce((sum, set) => sum + set[field], 0);
  return {
    dataset: null,
    questions: count('questions'),
    unpaired: count('unpaired'),
    a: mean(sets.map((set) => set.a)),
    b: mean(sets.map((set) => set.b)),
    difference: total.effect,
    ...widened({ difference: total.effect, low: total.low, high: total.high }, unseen),
    p: twoSided(total, count('questions')),
    test: 'bootstrap',
    detectable: minimumDetectableEffect({ n: 1, deviation: Math.sqrt(variance) }),
  };
};

/** p of one row under both corrections. */
type Corrected = Pick<Difference, 'adjusted' | 'falseDiscovery'>;

const judged = (
  tested: Omit<Difference, Judgement>,
  { adjusted, falseDiscovery }: Corrected,
  margin: number,
): Difference => {
  const { dataset, questions, unpaired, a, b, difference, low, high, p, test, detectable } = tested;
  const verdict = verdictOf(tested, adjusted, margin);
  return {
    ...{ dataset, questions, unpaired, a, b, difference, low, high, p, test },
    ...{ adjusted, falseDiscovery, verdict, detectable },
  };
};

/**
 * b against a on every set that both answered, then the mean over the sets. Questions are paired and drawn whole, repeats
 * of a question stay together, and p of the sets are corrected by Holm. Throws where no question has a value on both sides.
 */
export const compareValues = (
  a: readonly ValuedAttempt[],
  b: readonly ValuedAttempt[],
  options: ValueOptions,
): Difference[] => {
  const sets = [...new Set(a.map(({ dataset }) => dataset))];
  const tested = sets.flatMap((dataset) => testSet(dataset, { a, b }, options) ?? []);
  if (tested.length === 0)
    throw new RangeError('the two sides have no question in common that both have a value for');
  const p = tested.map((one) => one.p);
  const [steps, rates] = [holm(p), benjaminiHochberg(p)];
  const rows = tested.map((one, i) =>
    judged(one, { adjusted: steps[i]!, falseDiscovery: rates[i]! }, options.margin),
  );
  if (tested.length === 1) return rows;
  const average = testAverage(tested, options);
  const alone = { adjusted: average.p, falseDiscovery: average.p };
  return [...rows, judged(average, alone, options.margin)];
};

/**
 * The differences over the sets of several comparisons (each with a baseline), judged as one family: p corrected over the
 * comparisons. In the order given; none where there is none.
 */
export const judgeTogether = (
  totals: readonly Difference[],
  margin: number = defaultDifference.margin,
): Difference[] => {
  const p = totals.map((one) => one.p);
  const [steps, rates] = [holm(p), benjaminiHochberg(p)];
  return totals.map((one, i) =>
    judged(one, { adjusted: steps[i]!, falseDiscovery: rates[i]! }, margin),
  );
};
