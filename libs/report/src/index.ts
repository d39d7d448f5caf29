export { chartPlace } from './chart-html.ts';
export type { LineChart } from './client/chart-data.ts';
export { chunkSize } from './client/packed.ts';
export type { TrajectoryView } from './client/payload.ts';
export { agentName, flipLists, sidesOf } from './compare-data.ts';
export { compareBody, compareTables, compareTitle } from './compare-page.ts';
export { type ComparisonPage, renderComparisonPage } from './compare-render.ts';
export { overviewTable } from './compare-tables.ts';
export { renderComparison, renderFlips } from './comparison-text.ts';
export { type FidelityRow, fidelityTable } from './fidelity-table.ts';
export { indexColumns } from './index-columns.ts';
export { type GateSuite, gateNumber, renderJunit } from './junit.ts';
export { type Estimate, macroAverage } from './macro-average.ts';
export { type Html, type HtmlPart, html, trusted } from './markup.ts';
export { type Block, pack } from './pack.ts';
export { packRecords, type TokenTextsOf } from './pack-records.ts';
export { type PageParts, pageBody } from './page.ts';
export { type ArmTraining, callsTable, trainingCalls } from './real-calls.ts';
export {
  type Client,
  inert,
  pageBlocks,
  type ReportParts,
  renderReport,
} from './render-report.ts';
export { type ReportFacts, reportTables, tableBlock } from './report-tables.ts';
export { type SummaryParts, summarize, summaryOf } from './summarize.ts';
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
export { lineTable, type TrainingCurve, trainingCharts } from './training-curves.ts';
export { type TokenTexts, tokensView, trajectoryView } from './trajectory-view.ts';
