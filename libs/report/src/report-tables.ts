import type { Manifest } from '@coa/core';
import { deltasTable } from './deltas.ts';
import { claimsTable, knowledgeTable, trainingTable } from './evidence-tables.ts';
import { type FidelityRow, fidelityTable } from './fidelity-table.ts';
import { type Block, pack } from './pack.ts';
import { paperFigure3 } from './paper-figure3.ts';
import { paperTable1 } from './paper-table.ts';
import { paperTable2 } from './paper-table2.ts';
import { callsTable } from './real-calls.ts';
import type { Summary } from './summary.ts';
import type { Table } from './table.ts';
import { type TableFormat, tableFormats, writeTable } from './table-formats.ts';
import { conductTable, headlineTable, hopTable, resultsTable, stepTable } from './tables.ts';
import { lineTable, type TrainingCurve, trainingCharts } from './training-curves.ts';

/** What a run's tables are made from. */
export type ReportFacts = {
  readonly summary: Summary;
  readonly manifest: Manifest;
  readonly training: readonly TrainingCurve[];
  /** What was measured of the models as simulators; absent: nothing. */
  readonly fidelity?: readonly FidelityRow[];
};

/** Every table of a run's report, in the page's order; those that have nothing to say are not there. */
export const reportTables = ({
  summary,
  manifest,
  training,
  fidelity = [],
}: ReportFacts): Table[] => {
  const { claims, deltas, knowledge, steps } = summary;
  const tables = [
    headlineTable(summary),
    resultsTable(summary),
    deltas && deltasTable(deltas),
    claims.length > 0 && claimsTable(summary),
    callsTable(summary.calls),
    paperTable1(summary, manifest),
    ...paperFigure3(summary),
    knowledge.length > 0 && knowledgeTable(summary),
    paperTable2(summary),
    fidelity.length > 0 && fidelityTable(fidelity),
    conductTable(summary),
    hopTable(summary),
    steps.length > 0 && stepTable(summary),
    training.length > 0 && trainingTable(training),
    ...trainingCharts(training).map(lineTable),
  ];
  return tables.filter((table) => table !== null && table !== false);
};

/** A table's texts for the page's buttons, by format. */
export type TableTexts = Readonly<Record<string, Readonly<Partial<Record<TableFormat, string>>>>>;

const buttonFormats = (Object.keys(tableFormats) as TableFormat[]).filter(
  (format) => format !== 'json',
);

/** What the buttons under a page's tables give, packed for its script: the bytes that `writeTable` writes. */
export const tableBlock = (tables: readonly Table[]): Block => ({
  name: 'tables',
  packed: pack(
    Object.fromEntries(
      tables.map((table) => [
        table.id,
        Object.fromEntries(buttonFormats.map((format) => [format, writeTable(table, format)])),
      ]),
    ) satisfies TableTexts,
  ),
});
