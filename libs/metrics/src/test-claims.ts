import { seededRng } from '@coa/core';
import { boundsOf, type DrawOptions, type SeededEffect, tailsOf } from './contrast-seeds.ts';
import { holm, holmLevels } from './multiple-tests.ts';
import { ownClaims, type PaperClaim, paperClaims } from './paper-claims.ts';
import { type ClaimEvidence, evidenceOf } from './test-claims-evidence.ts';
import { type ArmRows, armRows, type ClaimRow, type TrainingCalls } from './test-claims-rows.ts';

export type Verdict = 'reproduced' | 'contradicted' | 'undecided';

export type ClaimResult = {
  readonly claim: PaperClaim;
  readonly verdict: Verdict;
  /** How far above its bound the tested quantity lies; of several, the one that decides. */
  readonly effect: number;
  /** At the level at which Holm tests the claim: it leaves out 0 exactly where p does. */
  readonly low: number;
  readonly high: number;
  /** Of that interval: 0.95 where one claim is tested, more where there are several. */
  readonly coverage: number;
  /** The effect under each training seed. */
  readonly bySeed: readonly number[];
  /** Two-sided, of this claim alone; and after Holm's correction over the claims that could be tested. */
  readonly p: number;
  readonly adjusted: number;
  readonly questions: number;
  readonly seeds: number;
  /** What else the verdict rests on, or what keeps it from being one; null = nothing. */
  readonly note: string | null;
};

const errorRate = 0.05;

type Tested = {
  readonly claim: PaperClaim;
  readonly evidence: ClaimEvidence;
  readonly weakest: SeededEffect;
  readonly p: number;
};

/** All parts must hold, so the one with the largest p speaks for the claim (intersection-union test). */
const weakestOf = (parts: readonly SeededEffect[]): SeededEffect =>
  parts.reduce((worst, one) => {
    const [ours, theirs] = [tailsOf(one).above, tailsOf(worst).above];
    return ours > theirs || (ours === theirs && one.effect < worst.effect) ? one : worst;
  });

/** That one part fails is enough against a claim, so that side is corrected for their number; doubled for the two sides. */
const twoSided = (weakest: SeededEffect, { parts, bar }: ClaimEvidence): number => {
  const { above, below } = tailsOf(weakest);
  const sides = [...(bar === null ? [above] : []), parts.length * below];
  return Math.min(1, 2 * Math.min(...sides));
};

const verdictOf = (
  { weakest, evidence }: Tested,
  { low, high }: { readonly low: number; readonly high: number },
): Verdict => {
  if (evidence.refuted) return 'contradicted';
  if (weakest.bySeed.length < 2) return 'undecided';
  const everywhere = evidence.parts.every(({ bySeed }) => bySeed.every((effect) => effect > 0));
  if (low > 0 && evidence.bar === null && everywhere) return 'reproduced';
  return high < 0 && weakest.bySeed.every((effect) => effect < 0) ? 'contradicted' : 'undecided';
};

const noteOf = ({ weakest: { bySeed }, evidence }: Tested): string | null => {
  if (bySeed.length < 2) return 'One seed says nothing of others: there can be no verdict.';
  return evidence.bar ?? evidence.note;
};

const resultOf = (tested: Tested, level: number, adjusted: number): ClaimResult => {
  const { claim, evidence, weakest, p } = tested;
  const tails = { lower: level / 2, upper: level / 2 / evidence.parts.length };
  const bounds = boundsOf(weakest, tails);
  return {
    claim,
    verdict: verdictOf(tested, bounds),
    effect: weakest.effect,
    ...bounds,
    coverage: 1 - tails.lower - tails.upper,
    bySeed: weakest.bySeed,
    p,
    adjusted,
    questions: evidence.questions,
    seeds: weakest.bySeed.length,
    note: noteOf(tested),
  };
};

export type TestOptions = {
  readonly claims?: readonly PaperClaim[];
  /** Of each effect. */
  readonly resamples?: number;
  /** Needed by claims about what training costs. */
  readonly calls?: readonly TrainingCalls[];
};

const testOne = (
  rows: ArmRows,
  claim: PaperClaim,
  options: Omit<DrawOptions, 'rng'> & { readonly calls: readonly TrainingCalls[] },
): Tested[] => {
  const rng = seededRng(claim.id);
  const evidence = evidenceOf(rows, claim.test, { ...options, rng });
  if (evidence === null) return [];
  const weakest = weakestOf(evidence.parts);
  return [{ claim, evidence, weakest, p: twoSided(weakest, evidence) }];
};

/**
 * The claims that the rows can speak to, in order; one whose arms are not all there is left out. Questions within sets and
 * training seeds are both drawn anew (`crossedEffect`), seeded by the claim. Both sides of every claim, and all claims
 * together, err in at most 5 of 100 cases (Holm); a verdict's interval leaves out 0, and every seed's effect has its sign.
 */
export const testClaims = (
  rows: readonly ClaimRow[],
  { claims = [...paperClaims, ...ownClaims], resamples = 5_000, calls = [] }: TestOptions = {},
): ClaimResult[] => {
  const byArm = armRows(rows);
  const tested = claims.flatMap((claim) => testOne(byArm, claim, { resamples, calls }));
  const pValues = tested.map(({ p }) => p);
  const [adjusted, levels] = [holm(pValues), holmLevels(pValues, errorRate)];
  return tested.map((one, i) => resultOf(one, levels[i]!, adjusted[i]!));
};
