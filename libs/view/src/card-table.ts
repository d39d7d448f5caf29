import { type Html, type HtmlPart, html } from '@coa/report';

export type CardColumn = { readonly label: string; readonly class?: 'number' | 'time' };

export type CardCell = HtmlPart;

const classOf = ({ class: name }: CardColumn): Html | false =>
  name !== undefined && html` class="${name}"`;

const cellHtml = (cell: CardCell, column: CardColumn, first: boolean): Html =>
  first
    ? html`<th scope="row" role="rowheader"${classOf(column)}>${cell}</th>`
    : html`<td role="cell" data-label="${column.label}"${classOf(column)}>${cell}</td>`;

export type CardTable = {
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly CardColumn[];
  /** The first cell names its row. */
  readonly rows: readonly (readonly CardCell[])[];
};

/**
 * A table whose rows are cards on a narrow screen, each cell beside its column's name. The roles are written out: laid out as
 * blocks, the elements alone would no longer be a table to a screen reader.
 */
export const cardTable = ({ name, caption, columns, rows }: CardTable): Html => html`
<div class="frame" role="region" aria-label="${name}" tabindex="0"><table class="cards" role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th scope="col" role="columnheader"${classOf(column)}>${column.label}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
  (row) =>
    html`<tr role="row">${columns.map((column, i) => cellHtml(row[i] ?? '', column, i === 0))}</tr>
`,
)}</tbody></table></div>`;
