import type { LineChart } from './client/chart-data.ts';
import { type Html, html } from './markup.ts';
import type { Table } from './table.ts';
import { tableHtml } from './table-html.ts';

/** A place for a chart; `data-chart` lets the client draw there, `data-of` names the table with its numbers. */
export const chartPlace = (
  chart: Pick<LineChart, 'id' | 'title' | 'table'>,
  kind: 'dots' | 'lines',
): Html => html`
<figure class="figure" data-chart="${chart.id}" data-of="${chart.table}"><figcaption>${chart.title}</figcaption>
<div class="chart ${kind}"><canvas role="img" aria-label="${chart.title}; its table holds the same numbers"></canvas></div></figure>`;

/** A table that is there for whoever asks for it. */
export const twin = (table: Table | undefined, summary = 'The same in numbers'): Html | null =>
  table === undefined
    ? null
    : html`<details class="twin"><summary>${summary}</summary>${tableHtml(table)}</details>`;

export const withoutScript = html`
<noscript><p class="note">Charts need JavaScript; the tables hold their numbers.</p></noscript>`;
