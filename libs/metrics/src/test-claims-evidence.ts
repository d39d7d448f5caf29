import { type DrawOptions, type SeededEffect, seededContrast } from './contrast-seeds.ts';
import type { ClaimTest } from './paper-claims.ts';
import { type ArmRows, sharedSeeds, strataOf, type TrainingCalls } from './test-claims-rows.ts';
import { slopeEffects } from './test-claims-slopes.ts';

/** What rows and counts say of a claim: every part must be above 0 for it to hold. */
export type ClaimEvidence = {
  readonly parts: readonly SeededEffect[];
  readonly questions: number;
  /** Why the parts cannot carry the claim, whatever they are; they may still speak against it. */
  readonly bar: string | null;
  /** A count, which is no sample, speaks against it. */
  readonly refuted: boolean;
  readonly note: string | null;
};

type Setting = DrawOptions & { readonly calls: readonly TrainingCalls[] };
type Weights = readonly (readonly [arm: string, weight: number])[];

const contrastOf = (
  rows: ArmRows,
  sum: Weights,
  { margin, ...options }: DrawOptions & { readonly margin: number },
): { readonly effect: SeededEffect; readonly questions: number } | null => {
  const names = sum.map(([arm]) => arm);
  const seeds = sharedSeeds(names.map(rows.rowsOf));
  const arms = sum.map(([arm, weight]) => ({ weight, cells: rows.cellsOf(arm) }));
  const valueIn = (key: string, seed: number): number =>
    arms.reduce(
      (total, { weight, cells }) =>
        total + weight * (cells.get(key)?.bySeed.get(seed) ?? Number.NaN),
      margin,
    );
  const values = [...arms[0]!.cells].flatMap(([key, { dataset }]) => {
    const bySeed = Float64Array.from(seeds, (seed) => valueIn(key, seed));
    return bySeed.some((value) => !Number.isNaN(value)) ? [{ dataset, bySeed }] : [];
  });
  if (values.length === 0) return null;
  return { effect: seededContrast(strataOf(values), options), questions: values.length };
};

/** Which share of one arm's real calls in training another's are, by seed; and how the claim stands with it. */
const callsEvidence = (
  { arm, than, most }: NonNullable<(ClaimTest & { kind: 'contrasts' })['calls']>,
  calls: readonly TrainingCalls[],
): Pick<ClaimEvidence, 'bar' | 'refuted' | 'note'> => {
  const of = (name: string, seed: number) =>
    calls.find((one) => one.arm === name && one.seed === seed)?.real ?? 0;
  const seeds = calls.filter((one) => one.arm === than && one.real > 0).map(({ seed }) => seed);
  if (seeds.length === 0)
    return { bar: 'The real calls of training are not at hand.', refuted: false, note: null };
  const shares = seeds.map((seed) => of(arm, seed) / of(than, seed));
  const [ours, theirs] = [arm, than].map((name) =>
    seeds.reduce((sum, seed) => sum + of(name, seed), 0),
  );
  const note = `Real calls in training: ${ours} of ${arm}, ${theirs} of ${than} (${((100 * ours!) / theirs!).toFixed(1)} %).`;
  const within = shares.map((share) => share > 0 && share <= most);
  return {
    bar: within.every(Boolean) ? null : note,
    refuted: !within.includes(true),
    note,
  };
};

const nothingElse = { bar: null, refuted: false, note: null } as const;

const contrastsEvidence = (
  rows: ArmRows,
  { sums, margin, calls }: ClaimTest & { kind: 'contrasts' },
  setting: Setting,
): ClaimEvidence | null => {
  const tested = sums.flatMap((sum) => contrastOf(rows, sum, { ...setting, margin }) ?? []);
  if (tested.length < sums.length) return null;
  const counted = calls ? callsEvidence(calls, setting.calls) : nothingElse;
  const questions = Math.min(...tested.map((one) => one.questions));
  return { parts: tested.map(({ effect }) => effect), questions, ...counted };
};

const slopesEvidence = (
  rows: ArmRows,
  { arm, than, margin, floor }: ClaimTest & { kind: 'slopes' },
  setting: Setting,
): ClaimEvidence | null => {
  const sums = [
    { weights: [1, 0], margin },
    { weights: [0, -1], margin: 0 },
    { weights: [1, -1], margin: 0 },
  ];
  const theirs = rows.rowsOf(than).filter(({ actions }) => actions > 0);
  const success = theirs.reduce((sum, { score }) => sum + score, 0) / theirs.length;
  const onFloor = success < floor;
  const found = slopeEffects([arm, than].map(rows.rowsOf), {
    ...setting,
    sums: onFloor ? sums.slice(0, 1) : sums,
  });
  if (found === null) return null;
  const bar = `Where ${than} acts, ${(100 * success).toFixed(1)} % of its answers are right: it has nowhere to decline to.`;
  const { effects: parts, questions } = found;
  return { parts, questions, ...nothingElse, bar: onFloor ? bar : null };
};

const unknownEvidence = (
  rows: ArmRows,
  { arm, share }: ClaimTest & { kind: 'unknown' },
  setting: Setting,
): ClaimEvidence | null => {
  const seeds = sharedSeeds([rows.rowsOf(arm)]);
  const values = [...rows.cellsOf(arm).values()].map(({ dataset, known, bySeed }) => ({
    dataset,
    known,
    bySeed: Float64Array.from(seeds, (seed) => bySeed.get(seed) ?? Number.NaN),
  }));
  const known = values.filter((one) => one.known === true);
  const unknown = values.filter((one) => one.known === false);
  if (known.length === 0 || unknown.length === 0) return null;
  const strata = [...strataOf(known, share), ...strataOf(unknown, -1)];
  const questions = known.length + unknown.length;
  return { parts: [seededContrast(strata, setting)], questions, ...nothingElse };
};

/** What can be said for and against a claim; null where an arm that it needs is not there. */
export const evidenceOf = (
  rows: ArmRows,
  test: ClaimTest,
  setting: Setting,
): ClaimEvidence | null => {
  switch (test.kind) {
    case 'contrasts':
      return contrastsEvidence(rows, test, setting);
    case 'slopes':
      return slopesEvidence(rows, test, setting);
    case 'unknown':
      return unknownEvidence(rows, test, setting);
  }
};
