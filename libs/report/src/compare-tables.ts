import {
  type Comparison,
  countFlips,
  type Difference,
  type FlipKind,
  flipKinds,
  isShare,
  judgeTogether,
  type Side,
  type Verdict,
} from '@coa/compare';
import type { Cell, CellParts, Column, Table, Tone } from './table.ts';

/** How a metric's values are shown, and what its verdicts are called: shares in per cent, counts as they are. */
export type Unit = {
  readonly factor: number;
  readonly digits: number;
  readonly name: string;
  readonly verdicts: Readonly<Record<Verdict, string>>;
};

const verdictNames = { better: 'better', worse: 'worse', tie: 'tie', undecided: 'undecided' };

const shareUnit: Unit = { factor: 100, digits: 1, name: 'per cent', verdicts: verdictNames };
const plainUnit: Unit = {
  ...{ factor: 1, digits: 3, name: 'as it is' },
  verdicts: { ...verdictNames, better: 'higher', worse: 'lower' },
};

export const unitOf = (comparisons: readonly Pick<Comparison, 'metric' | 'flips'>[]): Unit =>
  comparisons.every(isShare) ? shareUnit : plainUnit;

export const sideName = ({ manifest, arm }: Side): string => `${manifest.runId}:${arm}`;

/** Names of the sides as short as they stay different: arms alone within a run. */
export const sideLabels = ({ a, b }: Comparison): { readonly a: string; readonly b: string } =>
  a.manifest.runId === b.manifest.runId || a.arm !== b.arm
    ? { a: a.arm, b: b.arm }
    : { a: sideName(a), b: sideName(b) };

const tones: Readonly<Record<Verdict, Tone | null>> = {
  better: 'good',
  worse: 'bad',
  tie: null,
  undecided: 'unsure',
};

export const verdictCell = ({ verdict }: Difference, unit: Unit = shareUnit): CellParts => {
  const value = unit.verdicts[verdict];
  // a count that is higher is no better
  const tone = value === verdict ? tones[verdict] : null;
  return tone === null ? { value } : { value, tone };
};

const differenceColumns = ({ digits }: Unit): Column[] => [
  { label: 'B is', format: 'text' },
  { label: 'Mean of A', format: { digits } },
  { label: 'Mean of B', format: { digits } },
  { label: 'B − A', format: { digits, signed: true }, interval: '95 %' },
  { label: 'p (Holm)', format: 'p' },
  { label: 'p (B-H)', format: 'p' },
  { label: 'Questions', format: 'count' },
  { label: 'Detectable', format: { digits } },
];

const differenceCells = (row: Difference, unit: Unit): Cell[] => [
  verdictCell(row, unit),
  ...shownDifference(row, unit),
];

const shownDifference = (row: Difference, { factor }: Unit): Cell[] => [
  factor * row.a,
  factor * row.b,
  { value: factor * row.difference, interval: [factor * row.low, factor * row.high] },
  row.adjusted,
  row.falseDiscovery,
  row.unpaired > 0 ? { value: row.questions, note: `${row.unpaired} unpaired` } : row.questions,
  factor * row.detectable,
];

/** What a reader needs to judge the verdicts. */
const verdictNotes = ({ verdicts: { better, worse } }: Unit): string[] => [
  'Questions are paired; repeats of one stay together. p: McNemar’s exact test where each question has one 0/1 value a side, else a bootstrap over questions.',
  `B is ${better} or ${worse} where p after Holm’s correction is below 0.05; a tie where the whole interval lies within the margin that counts as no difference; else undecided: so many questions cannot tell. B-H: Benjamini and Hochberg’s correction, beside it.`,
  'Detectable: the true difference that so many questions find four times in five.',
];

export const setName = ({ dataset }: Pick<Difference, 'dataset'>): string =>
  dataset ?? 'Mean of sets';

/** b less a on every set and over them. */
export const differenceTable = (comparison: Comparison, id: string): Table => {
  const { metric, differences } = comparison;
  const unit = unitOf([comparison]);
  return {
    id,
    title: 'Differences by set',
    caption: `${metric}, ${unit.name}, and B less A.`,
    groupLabel: null,
    columns: [{ label: 'Set', format: 'text' }, ...differenceColumns(unit)],
    groups: [
      {
        name: null,
        rows: differences.map((row) => [setName(row), ...differenceCells(row, unit)]),
      },
    ],
    notes: verdictNotes(unit),
  };
};

/** The differences over the sets of several comparisons, judged as one family. */
export const overviewTable = (comparisons: readonly Comparison[]): Table => {
  const { margin } = comparisons[0]!;
  const totals = judgeTogether(
    comparisons.map(({ differences }) => differences.at(-1)!),
    margin,
  );
  const unit = unitOf(comparisons);
  return {
    id: 'overview-table',
    title: 'All comparisons',
    caption: `${comparisons[0]!.metric} over the sets, each weighing the same, ${unit.name}, and B less A. p is corrected over these comparisons.`,
    groupLabel: null,
    columns: [
      { label: 'B', format: 'text' },
      { label: 'A', format: 'text' },
      ...differenceColumns(unit),
    ],
    groups: [
      {
        name: null,
        rows: totals.map((total, i): Cell[] => {
          const { a, b } = sideLabels(comparisons[i]!);
          return [{ value: b, href: `#c${i}` }, a, ...differenceCells(total, unit)];
        }),
      },
    ],
    notes: [],
  };
};

export const flipNames: Readonly<Record<FlipKind, string>> = {
  both: 'Both right',
  onlyA: 'Only A',
  onlyB: 'Only B',
  neither: 'Both wrong',
};

/** The address of the attempts of one kind. */
export const flipHash = (comparison: number, set: string | null, kind: FlipKind): `#${string}` => {
  const query = new URLSearchParams({ c: String(comparison), kind, ...(set !== null && { set }) });
  return `#flips?${query}`;
};

/** Who got what right, attempt by attempt; each count leads to its attempts. null where nothing is right or wrong. */
export const flipTable = (
  { metric, flips }: Pick<Comparison, 'metric' | 'flips'>,
  { id, comparison }: { readonly id: string; readonly comparison: number },
): Table | null => {
  if (!isShare({ metric, flips })) return null;
  const sets = [...new Set(flips.map(({ a }) => a.dataset))];
  const row = (name: string, set: string | null): Cell[] => {
    const own = set === null ? flips : flips.filter(({ a }) => a.dataset === set);
    const counts = countFlips(own);
    const cells = flipKinds.map(
      (kind): Cell =>
        counts[kind] > 0
          ? { value: counts[kind], href: flipHash(comparison, set, kind) }
          : counts[kind],
    );
    return [name, ...cells, own.length];
  };
  return {
    id,
    title: 'Who got what right',
    caption: 'Attempts that both sides have a value for. A count leads to its attempts.',
    groupLabel: null,
    columns: [
      { label: 'Set', format: 'text' },
      ...flipKinds.map((kind): Column => ({ label: flipNames[kind], format: 'count' })),
      { label: 'All', format: 'count' },
    ],
    groups: [
      {
        name: null,
        rows: [
          ...sets.map((set) => row(set, set)),
          ...(sets.length > 1 ? [row('All sets', null)] : []),
        ],
      },
    ],
    notes: [],
  };
};
