import { type Rng, seededRng } from '@coa/core';
import { type Effect, effectOf, type Stratum, stratifiedContrast } from './contrast.ts';
import { holm } from './multiple-tests.ts';
import { type ClaimTest, type PaperClaim, paperClaims } from './paper-claims.ts';

/** One rollout, as the claims see it. */
export type ClaimRow = {
  readonly arm: string;
  readonly seed: number;
  readonly dataset: string;
  readonly question: string;
  /** null where nobody can say. */
  readonly known: boolean | null;
  readonly actions: number;
  /** 1 = exact match. */
  readonly score: number;
};

export type Verdict = 'reproduced' | 'contradicted' | 'undecided';

export type ClaimResult = Effect & {
  readonly claim: PaperClaim;
  /** p after Holm's correction over the claims that could be tested. */
  readonly adjusted: number;
  readonly verdict: Verdict;
  readonly questions: number;
  readonly seeds: number;
};

const resamples = 2_000;
const level = 0.95;

type Cell = { readonly dataset: string; readonly known: boolean | null; readonly mean: number };

/** Mean over seeds of each question of an arm. */
const cellsOf = (rows: readonly ClaimRow[], arm: string): Map<string, Cell> => {
  const sums = new Map<string, { row: ClaimRow; sum: number; count: number }>();
  for (const row of rows) {
    if (row.arm !== arm) continue;
    const key = JSON.stringify([row.dataset, row.question]);
    const held = sums.get(key) ?? { row, sum: 0, count: 0 };
    held.sum += row.score;
    held.count += 1;
    sums.set(key, held);
  }
  return new Map(
    [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { row, sum, count }]) => [
        key,
        { dataset: row.dataset, known: row.known, mean: sum / count },
      ]),
  );
};

type Tested = Effect & { readonly questions: number };

/** Values by stratum, every set weighing the same. */
const byStratum = (
  values: readonly { readonly dataset: string; readonly value: number }[],
  weight = 1,
): Stratum[] => {
  const sets = new Map<string, number[]>();
  for (const { dataset, value } of values) sets.set(dataset, [...(sets.get(dataset) ?? []), value]);
  return [...sets.values()].map((one) => ({ coefficient: weight / sets.size, values: one }));
};

const testSum = (
  rows: readonly ClaimRow[],
  sum: readonly (readonly [string, number])[],
  margin: number,
  rng: Rng,
): Tested | null => {
  const arms = sum.map(([arm, weight]) => ({ weight, cells: cellsOf(rows, arm) }));
  const shared = [...arms[0]!.cells.keys()].filter((key) =>
    arms.every(({ cells }) => cells.has(key)),
  );
  if (shared.length === 0) return null;
  const values = shared.map((key) => ({
    dataset: arms[0]!.cells.get(key)!.dataset,
    value: arms.reduce((total, { weight, cells }) => total + weight * cells.get(key)!.mean, margin),
  }));
  const tested = stratifiedContrast(byStratum(values), { level, resamples, rng });
  return { ...tested, questions: shared.length };
};

/** All sums must hold, so the one with the largest p speaks for the claim (intersection-union test); no correction is due. */
const weakest = (tested: readonly Tested[]): Tested =>
  tested.reduce((worst, one) =>
    one.p > worst.p || (one.p === worst.p && one.effect < worst.effect) ? one : worst,
  );

/** n, sum x, sum y, sum xy, sum x^2 of one question's rollouts: x = action steps, y = score. */
type Moments = Float64Array;

const slopeOf = ([n, x, y, xy, xx]: Moments): number => {
  const spread = xx! - (x! * x!) / n!;
  return spread <= 0 ? 0 : (xy! - (x! * y!) / n!) / spread;
};

const momentsOf = (rows: readonly ClaimRow[]): Moments => {
  const sums = new Float64Array(5);
  for (const { actions: x, score: y } of rows)
    for (const [i, term] of [1, x, y, x * y, x * x].entries()) sums[i] = sums[i]! + term;
  return sums;
};

const added = (moments: readonly Moments[]): Moments => {
  const sums = new Float64Array(5);
  for (const one of moments) for (let i = 0; i < 5; i++) sums[i] = sums[i]! + one[i]!;
  return sums;
};

const testSlopes = (
  rows: readonly ClaimRow[],
  arm: string,
  than: string,
  rng: Rng,
): Tested | null => {
  const questions = new Map<string, { ours: ClaimRow[]; theirs: ClaimRow[] }>();
  for (const row of rows) {
    if (row.arm !== arm && row.arm !== than) continue;
    const key = JSON.stringify([row.dataset, row.question]);
    const held = questions.get(key) ?? { ours: [], theirs: [] };
    (row.arm === arm ? held.ours : held.theirs).push(row);
    questions.set(key, held);
  }
  const held = [...questions.values()]
    .filter(({ ours, theirs }) => ours.length > 0 && theirs.length > 0)
    .map(({ ours, theirs }) => [momentsOf(ours), momentsOf(theirs)] as const);
  if (held.length === 0) return null;
  const difference = (chosen: typeof held): number =>
    slopeOf(added(chosen.map(([ours]) => ours))) -
    slopeOf(added(chosen.map(([, theirs]) => theirs)));
  const draw = () => difference(held.map(() => held[Math.floor(rng() * held.length)]!));
  return { ...effectOf(difference(held), draw, { level, resamples }), questions: held.length };
};

const testUnknown = (
  rows: readonly ClaimRow[],
  arm: string,
  share: number,
  rng: Rng,
): Tested | null => {
  const cells = [...cellsOf(rows, arm).values()].map(({ dataset, known, mean }) => ({
    dataset,
    known,
    value: mean,
  }));
  const known = cells.filter((cell) => cell.known === true);
  const unknown = cells.filter((cell) => cell.known === false);
  if (known.length === 0 || unknown.length === 0) return null;
  const strata = [...byStratum(known, share), ...byStratum(unknown, -1)];
  const tested = stratifiedContrast(strata, { level, resamples, rng });
  return { ...tested, questions: known.length + unknown.length };
};

const testOf = (rows: readonly ClaimRow[], test: ClaimTest, seed: number): Tested | null => {
  const rng = seededRng(seed);
  switch (test.kind) {
    case 'contrasts': {
      const tested = test.sums.map((sum) => testSum(rows, sum, test.margin, rng));
      return tested.includes(null) ? null : weakest(tested as Tested[]);
    }
    case 'slopes':
      return testSlopes(rows, test.arm, test.than, rng);
    case 'unknown':
      return testUnknown(rows, test.arm, test.share, rng);
  }
};

/** reproduced: the effect is above 0 beyond chance; contradicted: its whole interval is below 0. */
const verdictOf = (adjusted: number, high: number): Verdict => {
  if (adjusted < 0.05) return 'reproduced';
  return high < 0 ? 'contradicted' : 'undecided';
};

/**
 * The claims that the rows can speak to, in order; one whose arms are not all there is left out. Intervals and p come from
 * a bootstrap over questions within sets (2,000 resamples, seeded by the claim): a question's seeds stay together, so what
 * differs between other seeds than these is not in them.
 */
export const testClaims = (
  rows: readonly ClaimRow[],
  claims: readonly PaperClaim[] = paperClaims,
): ClaimResult[] => {
  const tested = claims.flatMap((claim) => {
    const result = testOf(rows, claim.test, claim.id);
    return result === null ? [] : [{ claim, ...result }];
  });
  const adjusted = holm(tested.map(({ p }) => p));
  const seeds = new Set(rows.map(({ seed }) => seed)).size;
  return tested.map((result, i) => ({
    ...result,
    adjusted: adjusted[i]!,
    verdict: verdictOf(adjusted[i]!, result.high),
    seeds,
  }));
};
