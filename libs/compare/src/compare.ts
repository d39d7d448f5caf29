import type { Manifest, RunRecord } from '@coa/core';
import { type Attempt, attemptsOf } from './attempts.ts';
import {
  type ConfigDifference,
  configDifferences,
  type LineDifference,
} from './config-differences.ts';
import { type Costs, costsOf } from './costs.ts';
import {
  compareValues,
  type Difference,
  type DifferenceOptions,
  defaultDifference,
} from './differences.ts';
import { type Flip, flipsOf } from './flips.ts';
import { isShare } from './is-share.ts';
import { promptDifferences } from './prompt-text.ts';
import { type RepeatRates, repeatRatesOf } from './repeat-rates.ts';

/** One arm of a run: what stands on one side. */
export type Side = { readonly manifest: Manifest; readonly arm: string };

/** A side, and its records of that arm. */
export type SideRecords = Side & { readonly records: Iterable<RunRecord> };

export type Comparison = {
  readonly metric: string;
  /** Differences no greater than this count as none, in the metric's unit. */
  readonly margin: number;
  readonly a: Side;
  readonly b: Side;
  /** b less a: each set that both answered, then their mean. */
  readonly differences: readonly Difference[];
  readonly flips: readonly Flip[];
  readonly costs: { readonly a: Costs; readonly b: Costs };
  /** mean@k, pass@k and pass^k; empty where questions were asked once. */
  readonly repeats: { readonly a: readonly RepeatRates[]; readonly b: readonly RepeatRates[] };
  /** Where what decides their results differs. */
  readonly config: readonly ConfigDifference[];
  /** Their prompts line by line; null where a manifest keeps none. */
  readonly prompt: readonly LineDifference[] | null;
  /** Why the two may not be comparable, in sentences. */
  readonly cautions: readonly string[];
};

/** What decides the results of a side. */
const decisive = ({ manifest, arm }: Side) => {
  const { arms, model, environment, prompts, revision, rootSeed, repeats } = manifest;
  return {
    arm: arms[arm],
    model,
    environment,
    prompts,
    ...{ rootSeed, repeats, commit: revision.commit, lockfile: revision.lockfile },
  };
};

const metricVersion = ({ metrics }: Manifest, id: string): number | null =>
  metrics.find((metric) => metric.id === id)?.version ?? null;

const cautionsOf = (a: Side, b: Side, metric: string, rows: readonly Difference[]): string[] => {
  const [ours, theirs] = [a, b].map(({ manifest }) => metricVersion(manifest, metric));
  const others = new Map(b.manifest.datasets.map(({ name, sha256 }) => [name, sha256]));
  const changed = a.manifest.datasets.filter(
    ({ name, sha256 }) => others.has(name) && others.get(name) !== sha256,
  );
  const unpaired = rows.filter(({ dataset }) => dataset !== null);
  const [run, other] = [a, b].map(({ manifest }) => manifest.runId);
  const dirty = [a, b].filter(({ manifest }) => manifest.revision.dirty);
  return [
    ...(run === other && a.arm === b.arm ? [`both sides are one arm of one run, ${run}`] : []),
    ...(ours === theirs
      ? []
      : [
          `${metric} is of version ${ours ?? 'unknown'} in a and ${theirs ?? 'unknown'} in b: \`coa rescore\` brings both to one`,
        ]),
    ...changed.map(
      ({ name }) =>
        `${name}: the two sides were not asked the same questions; shared ones are paired`,
    ),
    ...unpaired
      .filter((row) => row.unpaired > 0)
      .map(
        ({ dataset, unpaired: n }) => `${dataset}: ${n} questions of one side only are left out`,
      ),
    ...new Set(dirty.map(({ manifest }) => `${manifest.runId} ran uncommitted code`)),
  ];
};

const textsAgree = (a: readonly Attempt[], b: readonly Attempt[]): string[] => {
  const texts = new Map(b.map(({ dataset, question, text }) => [`${dataset} ${question}`, text]));
  const other = a.find(({ dataset, question, text }) => {
    const theirs = texts.get(`${dataset} ${question}`);
    return theirs !== undefined && theirs !== text;
  });
  return other
    ? [`question ${other.dataset} ${other.question} is not the same text in a and b`]
    : [];
};

/** A side, and its attempts by the metric that is compared. */
export type SideAttempts = Side & { readonly attempts: readonly Attempt[] };

/** `compareSides` of attempts, for who reads records in slices. */
export const compareAttempts = (
  a: SideAttempts,
  b: SideAttempts,
  metric: string,
  options: DifferenceOptions = defaultDifference,
): Comparison => {
  const [ours, theirs] = [a.attempts, b.attempts];
  const [left, right] = [a, b].map(({ manifest, arm }) => ({ manifest, arm })) as [Side, Side];
  const flips = flipsOf(ours, theirs);
  const differences = compareValues(ours, theirs, {
    ...options,
    isShare: isShare({ metric, flips }),
  });
  return {
    metric,
    margin: options.margin,
    a: left,
    b: right,
    differences,
    flips,
    costs: { a: costsOf(ours), b: costsOf(theirs) },
    repeats: { a: repeatRatesOf(ours), b: repeatRatesOf(theirs) },
    config: configDifferences(decisive(left), decisive(right)),
    prompt: promptDifferences(a.manifest.arms[a.arm], b.manifest.arms[b.arm]),
    cautions: [...cautionsOf(left, right, metric, differences), ...textsAgree(ours, theirs)],
  };
};

/**
 * Compares b with a (the baseline) by one metric: differences with intervals and verdicts, who got what right, what it cost,
 * and where their configurations differ. Throws where no question has a value on both sides.
 */
export const compareSides = (
  a: SideRecords,
  b: SideRecords,
  metric = 'exactMatch',
  options: DifferenceOptions = defaultDifference,
): Comparison => {
  const read = ({ records, ...side }: SideRecords): SideAttempts => ({
    ...side,
    attempts: attemptsOf(records, metric),
  });
  return compareAttempts(read(a), read(b), metric, options);
};
