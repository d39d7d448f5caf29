import {
  compareValues,
  type Difference,
  defaultDifference,
  judgeTogether,
  type ValuedAttempt,
} from '@coa/compare';
import type { ClaimRow } from '@coa/metrics';
import { setName, verdictCell } from './compare-tables.ts';
import type { Cell, Column, Table } from './table.ts';
import { tableText } from './table-text.ts';

/** What an arm's exact match is more than the baseline's: on each set that both answered, then over the sets. */
export type ArmDeltas = { readonly arm: string; readonly differences: readonly Difference[] };

/** Every other arm of a run against its baseline. */
export type Deltas = { readonly baseline: string; readonly arms: readonly ArmDeltas[] };

/** What a difference needs of a rollout; `score` is its exact match. */
type ScoredRollout = Pick<ClaimRow, 'arm' | 'dataset' | 'question' | 'score'>;

/** As the report's other intervals; a page's many comparisons must not take longer than its tables. */
const resamples = 2000;

type Sorted = ReadonlyMap<string, readonly ValuedAttempt[]>;

const byArm = (rated: readonly ScoredRollout[]): Sorted => {
  const arms = new Map<string, ValuedAttempt[]>();
  for (const { arm, dataset, question, score } of rated) {
    const own = arms.get(arm) ?? [];
    own.push({ dataset, question, value: score });
    arms.set(arm, own);
  }
  return arms;
};

const shareQuestions = (a: readonly ValuedAttempt[], b: readonly ValuedAttempt[]): boolean => {
  const asked = new Set(a.map(({ dataset, question }) => JSON.stringify([dataset, question])));
  return b.some(({ dataset, question }) => asked.has(JSON.stringify([dataset, question])));
};

/** The last row of each arm, which is over its sets, is judged beside those of the other arms: each arm is a test. */
const judgedTogether = (arms: readonly ArmDeltas[]): ArmDeltas[] => {
  const totals = judgeTogether(arms.map(({ differences }) => differences.at(-1)!));
  return arms.map(({ arm, differences }, i) => ({
    arm,
    differences: [...differences.slice(0, -1), totals[i]!],
  }));
};

/**
 * Each arm against the baseline, question by question: p of an arm's sets is corrected over the sets, p over the sets is
 * corrected over the arms. null where there is no baseline, or nothing to compare with it yet.
 */
export const deltasOf = (
  rated: readonly ScoredRollout[],
  { baseline, arms }: { readonly baseline: string | undefined; readonly arms: readonly string[] },
): Deltas | null => {
  if (baseline === undefined) return null;
  const attempts = byArm(rated);
  const a = attempts.get(baseline) ?? [];
  const compared = arms.flatMap((arm) => {
    const b = attempts.get(arm) ?? [];
    if (arm === baseline || !shareQuestions(a, b)) return [];
    const options = { ...defaultDifference, resamples, isShare: true };
    return [{ arm, differences: compareValues(a, b, options) }];
  });
  return compared.length === 0 ? null : { baseline, arms: judgedTogether(compared) };
};

const columns: readonly Column[] = [
  { label: 'Arm', format: 'text' },
  { label: 'Is', format: 'text' },
  { label: 'Difference', format: { digits: 1, signed: true }, interval: '95 %' },
  { label: 'EM %', format: { digits: 1 } },
  { label: 'Baseline', format: { digits: 1 } },
  { label: 'p', format: 'p' },
  { label: 'Questions', format: 'count' },
  { label: 'Detectable', format: { digits: 1 } },
];

const row = (arm: string, difference: Difference): Cell[] => {
  const { a, b, low, high, adjusted, questions, unpaired, detectable } = difference;
  return [
    arm,
    verdictCell(difference),
    { value: 100 * difference.difference, interval: [100 * low, 100 * high] },
    100 * b,
    100 * a,
    adjusted,
    unpaired > 0 ? { value: questions, note: `${unpaired} unpaired` } : questions,
    100 * detectable,
  ];
};

/** Every other arm against the baseline: over the sets, then set by set. */
export const deltasTable = ({ baseline, arms }: Deltas): Table => {
  const groups = new Map<string, Cell[][]>();
  // an arm's mean over the sets comes last, and stands first in the table
  for (const { arm, differences } of arms) {
    for (const difference of [...differences.slice(-1), ...differences.slice(0, -1)]) {
      const name = setName(difference);
      groups.set(name, [...(groups.get(name) ?? []), row(arm, difference)]);
    }
  }
  return {
    id: 'deltas',
    title: `Against ${baseline}`,
    caption: `Exact match, per cent, and what each arm has more than ${baseline}, question by question.`,
    groupLabel: 'Set',
    columns,
    groups: [...groups].map(([name, rows]) => ({ name, rows })),
    notes: [
      'An arm is better or worse where the corrected p is below 0.05; a tie where the whole interval lies within 2 points; else undecided: so many questions cannot tell. Detectable: the true difference that so many questions find four times in five.',
      'Questions are paired, and repeats of one stay together. p is Holm’s: over the arms where it is over the sets, over the sets of an arm where it is of one set.',
    ],
  };
};

/** The differences over the sets as lines of a terminal. */
export const deltasText = (deltas: Deltas): string => {
  const { title, columns: all, groups } = deltasTable(deltas);
  const [first] = groups;
  const shown = { ...deltasTable(deltas), columns: all, groups: first ? [first] : [], notes: [] };
  return `${title}\n${tableText(shown)}`;
};
