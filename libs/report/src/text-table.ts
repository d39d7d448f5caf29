import type { Manifest } from '@coa/core';
import { decimal, none, percent, percentRange } from './numerals.ts';
import { paperTable } from './paper-table.ts';
import type { AverageRow, Summary, SummaryRow } from './summary.ts';
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
  return `${padded([header, ...body(summary)])}\n\n${notes.join('\n')}\n`;
};

const markdownCell = (text: string): string =>
  plain(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\|`*_[\]]/g, '\\$&');

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (row: readonly string[]): string => `| ${row.map(markdownCell).join(' | ')} |`;
  const rule = `|${head.map((_, i) => (i < 2 ? ' --- |' : ' ---: |')).join('')}`;
  return [line(head), rule, ...rows.map(line)].join('\n');
};

const signed = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`;

const claimsMarkdown = ({ claims }: Summary): string[] =>
  claims.length === 0
    ? []
    : [
        markdownTable(
          ['claim', 'verdict', 'effect, points', '95 %', 'p (Holm)', 'questions', 'seeds'],
          claims.map(({ claim, verdict, effect, low, high, adjusted, questions, seeds }) => [
            `${claim.id}. ${claim.text}`,
            verdict,
            signed(effect),
            `${signed(low)} to ${signed(high)}`,
            adjusted.toFixed(4),
            String(questions),
            String(seeds),
          ]),
        ),
      ];

const knowledgeMarkdown = ({ knowledge }: Summary): string[] =>
  knowledge.length === 0
    ? []
    : [
        markdownTable(
          ['agent', 'entities', 'EM %', '95 %', 'searches', 'n'],
          knowledge.map(({ arm, known, exactMatch, searches, n }) => [
            arm,
            known ? 'known' : 'unknown',
            percent(exactMatch.mean),
            percentRange(exactMatch),
            decimal(searches),
            String(n),
          ]),
        ),
      ];

/** The comparison, the claims, known and unknown, and the paper's printed rows as Markdown. */
export const renderMarkdown = (summary: Summary, manifest: Manifest): string => {
  const paper = paperTable(summary);
  const printed = markdownTable(
    ['source', 'EM %', ...paper.columns],
    paper.rows.map(({ source, label, cells: values }) => [
      source === 'ours' ? 'this run' : 'printed in the paper, 7B model, not comparable in size',
      label,
      ...values.map((value) => (value === null ? none : decimal(value, 1))),
    ]),
  );
  const { experiment, claim, command, runId } = manifest;
  const origin = `Run ${markdownCell(runId)}: ${markdownCell(command)}`;
  const parts = [
    `# ${markdownCell(experiment)}\n${markdownCell(claim)}\n\n${origin}`,
    markdownTable(header, body(summary)),
    ...claimsMarkdown(summary),
    ...knowledgeMarkdown(summary),
  ];
  if (paper.rows.length > 0) parts.push(printed);
  return `${[...parts, ...paper.notes].join('\n\n')}\n`;
};
