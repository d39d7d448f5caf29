import type { Manifest } from '@coa/core';
import { deltasText } from './deltas.ts';
import type { FidelityRow } from './fidelity-table.ts';
import { percent, percentRange } from './numerals.ts';
import { unprintedNote } from './paper-table.ts';
import { reportTables } from './report-tables.ts';
import type { AverageRow, Summary, SummaryRow } from './summary.ts';
import { escapeMarkdown, tableMarkdown } from './table-markdown.ts';
import { plain } from './table-text.ts';

export { plain };

export const padded = (table: readonly (readonly string[])[]): string => {
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  const [head, ...body] = table.map((row) => line(row).trimEnd());
  return [head, rule, ...body].join('\n');
};

const header = ['set', 'agent', 'EM %', '95 %', 'F1 %', '95 %', 'n', 'errors'];

const cells = (name: string, row: SummaryRow | AverageRow): string[] => [
  plain(name),
  plain(row.arm),
  percent(row.exactMatch?.mean ?? null),
  percentRange(row.exactMatch),
  percent(row.tokenF1?.mean ?? null),
  percentRange(row.tokenF1),
  String(row.n),
  String(row.errors),
];

const body = (summary: Summary): string[][] => [
  ...summary.rows.map((row) => cells(row.dataset, row)),
  ...(summary.datasets.length > 1 ? summary.averages.map((row) => cells('Average', row)) : []),
];

/** The comparison for a terminal: one line per set and agent, exact match and F1 with intervals, errors apart. */
export const renderTable = (summary: Summary, manifest: Manifest): string => {
  const errors = summary.averages.reduce((sum, row) => sum + row.errors, 0);
  const notes = [
    `${plain(manifest.experiment)} · ${plain(manifest.model.name)} · seed ${manifest.rootSeed} · repeats ${manifest.repeats}`,
    ...(errors > 0 ? [`${errors} errors, counted apart: no mean includes them`] : []),
  ];
  const against = summary.deltas === null ? '' : `\n${deltasText(summary.deltas)}`;
  return `${padded([header, ...body(summary)])}\n${against}\n${notes.join('\n')}\n`;
};

/** The run's tables as one Markdown document; the training's curves stay in the page. */
export const renderMarkdown = (
  summary: Summary,
  manifest: Manifest,
  fidelity: readonly FidelityRow[] = [],
): string => {
  const { experiment, claim, command, runId } = manifest;
  const origin = `Run ${escapeMarkdown(runId)}: ${escapeMarkdown(command)}`;
  const tables = reportTables({ summary, manifest, training: [], fidelity }).map(
    (table) => `## ${escapeMarkdown(table.title)}\n\n${tableMarkdown(table)}`,
  );
  const unprinted = unprintedNote(summary);
  const parts = [
    `# ${escapeMarkdown(experiment)}\n${escapeMarkdown(claim)}\n\n${origin}\n`,
    ...tables,
    ...(unprinted === null ? [] : [`${escapeMarkdown(unprinted)}\n`]),
  ];
  return parts.join('\n');
};
