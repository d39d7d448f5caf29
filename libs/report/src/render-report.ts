import type { Manifest, RunRecord } from '@coa/core';
import type { ChartData } from './client/chart-data.ts';
import type { FidelityRow } from './fidelity-table.ts';
import { html, trusted } from './markup.ts';
import { type Block, pack } from './pack.ts';
import { packRecords, type TokenTextsOf } from './pack-records.ts';
import { lineCharts, type PageParts, pageBody } from './page.ts';
import { reportTables, tableBlock } from './report-tables.ts';
import type { Summary } from './summary.ts';
import type { TrainingCurve } from './training-curves.ts';

/** The page's own script and style, and `sha256-…` of each: the page's policy lets nothing else run. */
export type Client = {
  readonly script: string;
  readonly style: string;
  readonly scriptHash: string;
  readonly styleHash: string;
};

export type ReportParts = {
  readonly manifest: Manifest;
  /** Made from the same records. */
  readonly summary: Summary;
  /** null: the page goes without trajectories. */
  readonly records: Iterable<RunRecord> | null;
  /** What made the agents' models; none where nothing was trained. */
  readonly training: readonly TrainingCurve[];
  /** What was measured of the models as simulators; absent: nothing. */
  readonly fidelity?: readonly FidelityRow[];
  /** What the records' tokens are in text. */
  readonly tokenTexts: TokenTextsOf;
  readonly client: Client;
  /** What wrote the file, e.g. a program's name and version. */
  readonly generatedBy: string;
};

const policy = ({ scriptHash, styleHash }: Client): string =>
  `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`;

/** A file's head: what its policy allows, its name and its style. */
export const head = (title: string, client: Client): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(client)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>${title} · CoA Lab</title><link rel="icon" href="data:,">
<style>${trusted(client.style)}</style></head><body>
`.html;

const chartData = ({ datasets: sets, arms, rows }: Summary): ChartData => ({
  sets,
  arms,
  points: rows.flatMap(({ dataset, arm, n, exactMatch }) =>
    exactMatch === null
      ? []
      : [
          {
            set: sets.indexOf(dataset),
            arm: arms.indexOf(arm),
            mean: exactMatch.mean,
            low: exactMatch.low,
            high: exactMatch.high,
            n,
          },
        ],
  ),
});

/** Packed data in a script of a type that never runs; `name` is ours. */
export const inert = ({ name, packed }: Block): string =>
  `<script type="text/plain" data-block="${name}">${packed}</script>\n`;

/** What a report's script draws and copies, beside `pageBody`. */
export const pageBlocks = (page: PageParts): Block[] => [
  { name: 'chart', packed: pack(chartData(page.summary)) },
  { name: 'lines', packed: pack(lineCharts(page)) },
  tableBlock(reportTables(page)),
];

/**
 * One self-contained HTML file, in pieces to be written one after another: the tables first, so that they show while
 * the rest is still being read; then the client; then the trajectories, compressed, a chunk at a time. It requests
 * nothing, and everything from records and manifest stays text.
 */
export function* renderReport(parts: ReportParts): Generator<string> {
  const { manifest, summary, records, training, fidelity = [], client, generatedBy } = parts;
  yield head(manifest.experiment, client);
  const trajectories = records !== null;
  const page = { summary, manifest, training, fidelity, generatedBy, trajectories };
  yield pageBody(page).html;
  for (const block of pageBlocks(page)) yield inert(block);
  yield `<script>${client.script}</script>\n`;
  if (records !== null)
    for (const block of packRecords(records, parts.tokenTexts)) yield inert(block);
  yield '</body></html>\n';
}
