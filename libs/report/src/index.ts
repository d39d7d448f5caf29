export { renderComparison, renderFlips } from './comparison-text.ts';
export { indexColumns } from './index-columns.ts';
export { type GateSuite, renderJunit } from './junit.ts';
export { type Estimate, macroAverage } from './macro-average.ts';
export type { Block } from './pack.ts';
export { packRecords, type TokenTextsOf } from './pack-records.ts';
export { type Client, type ReportParts, renderReport } from './render-report.ts';
export { reportTables, tableBlock } from './report-tables.ts';
export { summarize } from './summarize.ts';
export type { AverageRow, KnowledgeRow, StepRow, Summary, SummaryRow } from './summary.ts';
export type {
  Cell,
  CellParts,
  Column,
  ColumnFormat,
  Mark,
  NumberFormat,
  Table,
  TableGroup,
  Tone,
} from './table.ts';
export { type TableFormat, tableFormats, writeTable } from './table-formats.ts';
export { tableHtml } from './table-html.ts';
export { tableText } from './table-text.ts';
export { renderMarkdown, renderTable } from './text-table.ts';
export { type TokenPiece, type TokenPieces, tokenTexts } from './token-texts.ts';
export type { TrainingCurve } from './training-curves.ts';
export { type TokenTexts, trajectoryView } from './trajectory-view.ts';
