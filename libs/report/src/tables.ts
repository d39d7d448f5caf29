import type { Estimate } from './macro-average.ts';
import { type Html, type HtmlPart, html } from './markup.ts';
import { decimal, grouped, none, percent, percentRange } from './numerals.ts';
import { type PaperTableRow, paperTable } from './paper-table.ts';
import type { AverageRow, Summary, SummaryRow } from './summary.ts';

const estimate = (value: Estimate | null): Html =>
  value === null
    ? html`<td class="number">${none}</td>`
    : html`<td class="number"><b>${percent(value.mean)}</b> <span class="range">${percentRange(value)}</span></td>`;

const errorsCell = (errors: number): Html =>
  html`<td class="number${errors > 0 && ' errors'}">${errors}</td>`;

const headlineRow = (row: SummaryRow | AverageRow): Html => html`<tr>
<th scope="row"><bdi>${row.arm}</bdi></th>${estimate(row.exactMatch)}${estimate(row.tokenF1)}
<td class="number">${grouped(row.n)}</td>${errorsCell(row.errors)}</tr>`;

export const group = (name: HtmlPart, columns: number, rows: readonly Html[]): Html => html`<tbody>
<tr class="group"><th scope="rowgroup" colspan="${columns}"><bdi>${name}</bdi></th></tr>
${rows}</tbody>`;

export const framed = (id: string, caption: HtmlPart, content: Html): Html => html`
<div class="frame" role="region" aria-labelledby="${id}" tabindex="0"><table>
<caption id="${id}">${caption}</caption>${content}</table></div>`;

/** Exact match and F1 of every set and arm, with intervals, n and errors. */
export const headlineTable = (summary: Summary): Html =>
  framed(
    'headline-caption',
    'Exact match and token F1, per cent, each with its 95 % interval. Errors are counted apart: no mean includes them.',
    html`<thead><tr><th scope="col">Agent</th><th scope="col" class="number">EM % <span class="range">95 %</span></th>
<th scope="col" class="number">F1 % <span class="range">95 %</span></th><th scope="col" class="number">n</th>
<th scope="col" class="number">Errors</th></tr></thead>
${
  summary.datasets.length > 1 &&
  group('Average of the sets, each weighing the same', 5, summary.averages.map(headlineRow))
}
${summary.datasets.map((name) =>
  group(name, 5, summary.rows.filter((row) => row.dataset === name).map(headlineRow)),
)}`,
  );

const conductRow = (row: SummaryRow): Html => html`<tr>
<th scope="row"><bdi>${row.arm}</bdi></th>
<td class="number">${percent(row.releasedReward)}</td><td class="number">${percent(row.answered)}</td>
<td class="number">${decimal(row.actionSteps)}</td>
<td class="number">${percent(row.goldRecall)}${row.goldRecallN > 0 && row.goldRecallN < row.n && html` <span class="range">n ${row.goldRecallN}</span>`}</td>
<td class="number">${grouped(row.generatedTokens)}</td>
${(['horizon', 'context', 'length', 'malformed'] as const).map((stop) => html`<td class="number">${row.stops[stop]}</td>`)}</tr>`;

const conductHeads = [
  'Reward %',
  'Answered %',
  'Actions',
  'Gold recall %',
  'Tokens',
  'Horizon',
  'Context',
  'Length',
  'Malformed',
];

/** How each arm went about it: reward, actions, evidence, tokens and why it stopped. */
export const conductTable = (summary: Summary): Html =>
  framed(
    'conduct-caption',
    'The released reward, the share answered without being forced, mean action steps, the share of gold passages seen (where they are known), tokens written, and how many rollouts were stopped at each limit.',
    html`<thead><tr><th scope="col">Agent</th>${conductHeads.map((head) => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
${summary.datasets.map((name) =>
  group(name, 10, summary.rows.filter((row) => row.dataset === name).map(conductRow)),
)}`,
  );

type ArmBin = { readonly actions: number; readonly n: number; readonly right: number };

export const armBins = (summary: Summary, arm: string): ArmBin[] => {
  const bins = new Map<number, ArmBin>();
  for (const { stepBins } of summary.rows.filter((row) => row.arm === arm)) {
    for (const { actions, n, right } of stepBins) {
      const bin = bins.get(actions) ?? { actions, n: 0, right: 0 };
      bins.set(actions, { actions, n: bin.n + n, right: bin.right + right });
    }
  }
  return [...bins.values()].sort((a, b) => a.actions - b.actions);
};

/** A bar as drawing attributes: the page's policy allows no inline style. */
const bar = (share: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${(100 * share).toFixed(1)}" height="8"/></svg>`;

const stepRow = ({ actions, n, right }: ArmBin, all: number): Html => html`<tr>
<th scope="row">${actions}</th><td class="number">${grouped(n)}</td>
<td class="number">${percent(n / all)}</td><td class="wide">${bar(n / all)}</td>
<td class="number">${percent(right / n)}</td></tr>`;

/** How many action steps each arm took, over all sets, and how often it was right with that many. */
export const stepTable = (summary: Summary): Html =>
  framed(
    'steps-caption',
    'Rollouts by number of action steps, all sets together: how many, their share of the agent’s rollouts, and how many of them were exactly right.',
    html`<thead><tr><th scope="col">Actions</th><th scope="col" class="number">n</th>
<th scope="col" class="number">Share %</th><td></td><th scope="col" class="number">EM %</th></tr></thead>
${summary.arms.map((arm) => {
  const bins = armBins(summary, arm);
  const all = bins.reduce((sum, { n }) => sum + n, 0);
  return group(
    arm,
    5,
    bins.map((bin) => stepRow(bin, all)),
  );
})}`,
  );

const paperRow = ({ label, cells }: PaperTableRow): Html => html`<tr>
<th scope="row"><bdi>${label}</bdi></th>${cells.map((value) => html`<td class="number">${decimal(value, 1)}</td>`)}</tr>`;

/** The longest name may break. */
const columnName = (column: string): HtmlPart =>
  column === '2WikiMultihopQA' ? html`2Wiki<wbr>MultihopQA` : column;

const paperGroupName = (name: string): HtmlPart =>
  name === 'This run' ? name : `Printed in the paper: 7B model · ${name}`;

/** The paper's printed rows under ours, or why there are none. */
export const paperSection = (summary: Summary): Html => {
  const { columns, rows, notes } = paperTable(summary);
  const groups = [...new Set(rows.map((row) => row.group))];
  const table = framed(
    'paper-caption',
    'Exact match, per cent. Table 1 of arXiv 2503.06580, as printed, beside this run; its 7B models are not comparable in size with a smaller one.',
    html`<thead><tr><th scope="col">Model</th>${columns.map((column) => html`<th scope="col" class="number">${columnName(column)}</th>`)}</tr></thead>
${groups.map((name) =>
  group(
    paperGroupName(name),
    columns.length + 1,
    rows.filter((row) => row.group === name).map(paperRow),
  ),
)}`,
  );
  return html`${rows.length > 0 && table}${notes.map((note) => html`<p class="note">${note}</p>`)}`;
};

/** The chart's numbers again, for whoever does not see it. */
export const chartTwin = (summary: Summary): Html =>
  framed(
    'twin-caption',
    'The chart as a table: exact match and the ends of its 95 % interval, per cent.',
    html`<thead><tr><th scope="col">Set</th><th scope="col">Agent</th><th scope="col" class="number">EM</th>
<th scope="col" class="number">Low</th><th scope="col" class="number">High</th></tr></thead><tbody>
${summary.rows.map(
  ({
    dataset,
    arm,
    exactMatch,
  }) => html`<tr><th scope="row"><bdi>${dataset}</bdi></th><td><bdi>${arm}</bdi></td>
<td class="number">${percent(exactMatch?.mean ?? null)}</td><td class="number">${percent(exactMatch?.low ?? null)}</td>
<td class="number">${percent(exactMatch?.high ?? null)}</td></tr>`,
)}</tbody>`,
  );
