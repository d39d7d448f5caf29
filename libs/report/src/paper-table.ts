import type { Manifest } from '@coa/core';
import { bestMarks } from './best-marks.ts';
import type { Estimate } from './macro-average.ts';
import { macroAverage } from './macro-average.ts';
import { printedColumnOf, printedMethodOf } from './printed-counterparts.ts';
import {
  type PrintedColumn,
  type PrintedRow,
  printedColumns,
  printedTable1,
} from './printed-table1.ts';
import type { Summary, SummaryRow } from './summary.ts';
import { type Cell, type CellParts, type Column, cellParts, type Table } from './table.ts';
import { oneDecimal, percentCell } from './tables.ts';

const sets: readonly PrintedColumn[] = Object.values(printedColumns);

/** The column beside a printed average that is not the mean of its columns. */
const meanLabel = 'mean';

type Metric = 'exactMatch' | 'judged';
const metricNames = { exactMatch: 'EM', judged: 'Judged' } as const;
const place = { exactMatch: 0, judged: 1 } as const;

type Row = {
  readonly group: string;
  readonly label: string;
  readonly source: string;
  readonly race: string | null;
  readonly values: Readonly<Record<Metric, readonly Cell[]>>;
};

/** What the table has room for: the shared columns, and the average where all six are shared. */
type Layout = {
  readonly columns: readonly PrintedColumn[];
  readonly whole: boolean;
  readonly metrics: readonly Metric[];
  /** The dataset in each column. */
  readonly datasets: readonly string[];
  readonly published: boolean;
};

const layoutOf = ({ datasets, rows }: Summary): Layout => {
  const found = sets.flatMap((column) => {
    const own = datasets.flatMap((dataset) => {
      const counterpart = printedColumnOf(dataset);
      return counterpart?.column === column ? [{ ...counterpart, dataset }] : [];
    });
    // where both are there, the set itself
    return own.sort((a, b) => Number(b.published) - Number(a.published)).slice(0, 1);
  });
  const alike = found.filter(({ published }) => published === found.some((one) => one.published));
  return {
    columns: alike.map(({ column }) => column),
    whole: alike.length === sets.length,
    metrics: rows.some(({ judged }) => judged !== null) ? ['exactMatch', 'judged'] : ['exactMatch'],
    datasets: alike.map(({ dataset }) => dataset),
    published: alike.every(({ published }) => published),
  };
};

const columnsOf = ({ columns, whole, metrics }: Layout): Column[] => [
  { label: 'Method', format: 'text' },
  { label: 'Whose', format: 'text' },
  ...columns.flatMap((over) =>
    metrics.map((metric): Column => ({ label: metricNames[metric], over, format: oneDecimal })),
  ),
  ...(whole
    ? metrics.flatMap((metric): Column[] => [
        { label: metricNames[metric], over: 'Average', format: oneDecimal },
        { label: meanLabel, over: 'Average', format: oneDecimal },
      ])
    : []),
];

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of the six columns where it is further from the printed average than rounding can be, else nothing to say. */
const recomputed = ({ scores }: PrintedRow, metric: Metric): number | '' => {
  const mean = meanOf(sets.map((column) => scores[column][place[metric]]));
  return Math.abs(mean - scores.Average[place[metric]]) > 0.06 ? mean : '';
};

const bigger = 'DeepSeek-R1';

const ourRace = 'ours';

const printedRow = (row: PrintedRow, { columns, whole }: Layout): Row => {
  const of = (metric: Metric): Cell[] => [
    ...columns.map((column) => row.scores[column][place[metric]]),
    ...(whole ? [row.scores.Average[place[metric]], recomputed(row, metric)] : []),
  ];
  return {
    group: row.group,
    label: row.method === bigger ? `${bigger} (not a 7B model)` : row.method,
    source: 'paper',
    race: row.method === bigger ? null : 'paper',
    values: { exactMatch: of('exactMatch'), judged: of('judged') },
  };
};

const otherArms = 'Arms of this run without a printed row';

const ourRow = (arm: string, summary: Summary, layout: Layout, manifest: Manifest): Row => {
  const rows = layout.datasets.map((dataset) =>
    summary.rows.find((row) => row.arm === arm && row.dataset === dataset),
  );
  const of = (metric: Metric): Cell[] => {
    const estimates = rows.map((row?: SummaryRow): Estimate | null => row?.[metric] ?? null);
    const all = estimates.filter((one) => one !== null);
    const average = all.length === sets.length ? macroAverage(all) : null;
    return [...estimates.map(percentCell), ...(layout.whole ? [percentCell(average), ''] : [])];
  };
  const method = printedMethodOf(arm, manifest.arms);
  const printed = printedTable1.find((row) => row.method === method);
  return {
    group: printed?.group ?? otherArms,
    label: arm,
    source: layout.published ? 'ours' : 'ours, Atlas',
    race: ourRace,
    values: { exactMatch: of('exactMatch'), judged: of('judged') },
  };
};

/** Printed rows in their order, ours right under the row that they correspond to. */
const rowsOf = (summary: Summary, layout: Layout, manifest: Manifest): Row[] => {
  const ours = summary.arms.map((arm) => ({
    method: printedMethodOf(arm, manifest.arms),
    row: ourRow(arm, summary, layout, manifest),
  }));
  return [
    ...printedTable1.flatMap((row) => [
      printedRow(row, layout),
      ...ours.filter(({ method }) => method === row.method).map((one) => one.row),
    ]),
    ...ours.filter(({ row }) => row.group === otherArms).map((one) => one.row),
  ];
};

const labelCell = ({ label, race }: Row): Cell =>
  race === ourRace ? { value: label, own: true } : label;

/** A row's cells, EM and judged side by side. */
const interleaved = (row: Row, { metrics, columns, whole }: Layout): CellParts[] => {
  const at = (metric: Metric, i: number): CellParts => cellParts(row.values[metric][i]);
  return [
    ...columns.flatMap((_, i) => metrics.map((metric) => at(metric, i))),
    ...(whole
      ? metrics.flatMap((metric) => [at(metric, columns.length), at(metric, columns.length + 1)])
      : []),
  ];
};

const markedRows = (rows: readonly Row[], layout: Layout, columns: readonly Column[]) => {
  const cells = rows.map((row) => interleaved(row, layout));
  const marks = columns.slice(2).map(({ label }, i) => {
    // what we computed from printed numbers was not in the paper's race
    if (label === meanLabel) return [];
    const entries = rows.map(({ group, race }, r) => {
      const { value } = cells[r]![i]!;
      return { group, race, value: typeof value === 'number' ? value : null };
    });
    return bestMarks(entries, 1);
  });
  return cells.map((row, r) =>
    row.map((cell, i): Cell => {
      const mark = marks[i]![r];
      return mark ? { ...cell, mark } : cell;
    }),
  );
};

const notesOf = (layout: Layout): string[] => [
  'The paper’s rows stand as printed: 7B models (but for the full DeepSeek-R1), not comparable in size with a smaller one, about 500 questions a set, another retriever and another corpus. They are facts to hold ours against, not runs of ours.',
  'Bold: the best of its column; underlined: the best of its group; among the paper’s rows without DeepSeek-R1, and among this run’s rows.',
  ...(layout.published
    ? []
    : [
        'The columns of this run’s rows are analogues: questions of the same kind over Atlas, an invented encyclopaedia. They compare agents with each other and say nothing about the original sets.',
      ]),
  ...(layout.whole
    ? [
        'The printed average is not always the mean of its six columns; where it is not, the mean stands beside it.',
      ]
    : []),
  'The range beside a number of this run is its 95 % interval.',
];

/** Sets of this run that the paper does not have, said in a sentence; null where it has them all. */
export const unprintedNote = ({ datasets }: Summary): string | null => {
  const unprinted = datasets.filter((name) => printedColumnOf(name) === null);
  return unprinted.length === 0
    ? null
    : `No printed row applies to ${unprinted.join(', ')}: the paper has no such set. Sets named primer-… are small sets of our own, of the same kind of question, and no substitute for the originals.`;
};

/**
 * The paper's Table 1 in its own layout, each arm of this run under the printed row that it corresponds to, over the sets they
 * share; the average only where this run has all six. null where no set is shared.
 */
export const paperTable1 = (summary: Summary, manifest: Manifest): Table | null => {
  const layout = layoutOf(summary);
  if (layout.columns.length === 0) return null;
  const columns = columnsOf(layout);
  const rows = rowsOf(summary, layout, manifest);
  const cells = markedRows(rows, layout, columns);
  return {
    id: 'table1',
    title: 'Table 1 of the paper',
    caption: `Table 1 of arXiv 2503.06580 and this run${layout.published ? '' : ' (on Atlas: analogues of the sets)'}: exact match${layout.metrics.length > 1 ? ' and accuracy by a judge' : ''}, per cent.`,
    groupLabel: 'Group',
    columns,
    groups: [...new Set(rows.map(({ group }) => group))].map((name) => ({
      name,
      rows: rows.flatMap((row, i) =>
        row.group === name ? [[labelCell(row), row.source, ...cells[i]!]] : [],
      ),
    })),
    notes: notesOf(layout),
  };
};
