import { type Html, type HtmlPart, html } from './markup.ts';
import {
  type Cell,
  type CellParts,
  type Column,
  cellParts,
  isNumeric,
  shownInterval,
  shownValue,
  spans,
  type Table,
  type TableGroup,
  type Tone,
} from './table.ts';

const signs: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', unsure: '?' };

/** A bar as drawing attributes: the page's policy allows no inline style. */
const bar = (share: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.min(100, Math.max(0, share)).toFixed(1)}" height="8"/></svg>`;

const marked = ({ mark, tone }: CellParts, text: HtmlPart): HtmlPart => {
  if (tone)
    return html`<b class="verdict ${tone}"><span aria-hidden="true">${signs[tone]}</span> ${text}</b>`;
  if (mark === undefined) return text;
  switch (mark) {
    case 'best':
      return html`<b class="best">${text}</b>`;
    case 'groupBest':
      return html`<u class="group-best">${text}</u>`;
  }
};

const content = (parts: CellParts, column: Column): HtmlPart => {
  const shown = shownValue(parts, column);
  const text = typeof parts.value === 'string' ? html`<bdi>${shown}</bdi>` : shown;
  const value = marked(parts, parts.href ? html`<a href="${parts.href}">${text}</a>` : text);
  const interval = shownInterval(parts, column);
  return html`${value}${interval && html` <span class="range">${interval}</span>`}${
    parts.note && html` <span class="small"><bdi>${parts.note}</bdi></span>`
  }${column.bar === true && typeof parts.value === 'number' && bar(parts.value)}`;
};

const classesOf = (column: Column): string =>
  [isNumeric(column) && 'number', column.wide && 'wide', column.bar && 'barred']
    .filter(Boolean)
    .join(' ');

const cellHtml = (cell: Cell | undefined, column: Column, first: boolean): Html => {
  const inner = content(cellParts(cell), column);
  const classes = classesOf(column);
  return first
    ? html`<th scope="row"${classes && html` class="${classes}"`}>${inner}</th>`
    : html`<td${classes && html` class="${classes}"`}>${inner}</td>`;
};

const rowHtml = (row: readonly Cell[], columns: readonly Column[]): Html =>
  html`<tr>${columns.map((column, i) => cellHtml(row[i], column, i === 0))}</tr>
`;

const groupHtml = ({ name, rows }: TableGroup, columns: readonly Column[]): Html => html`<tbody>
${
  name !== null &&
  html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}"><bdi>${name}</bdi></th></tr>
`
}${rows.map((row) => rowHtml(row, columns))}</tbody>`;

/** A long name without spaces may break where a capital follows a small letter. */
const breakable = (label: string): HtmlPart => {
  const pieces = label.split(/(?<=\p{Ll})(?=\p{Lu}\p{Ll}+\p{Lu}|\p{Lu}\p{Ll}{3})/u);
  return pieces.map((piece, i) => (i === 0 ? piece : html`<wbr>${piece}`));
};

const headHtml = (columns: readonly Column[]): Html => {
  const over = spans(columns);
  const spanned = over.some((span) => span.over !== null);
  return html`<thead>${
    spanned &&
    html`<tr class="over">${over.map((span) =>
      span.over === null
        ? html`<td></td>`
        : html`<th scope="colgroup" colspan="${span.count}">${breakable(span.over)}</th>`,
    )}</tr>`
  }<tr>${columns.map((column) => {
    const classes = classesOf(column);
    return html`<th scope="col"${classes && html` class="${classes}"`}>${breakable(column.label)}${column.interval && html` <span class="range">${column.interval}</span>`}</th>`;
  })}</tr></thead>`;
};

/** The table in a frame that scrolls by itself where it is too wide; `data-table` lets the client put its buttons there. */
export const tableHtml = (table: Table): Html => html`
<div class="table" id="table-${table.id}" data-table="${table.id}" data-title="${table.title}">
<div class="frame" role="region" aria-label="${table.title}" tabindex="0"><table>
<caption>${table.caption}</caption>${headHtml(table.columns)}
${table.groups.map((group) => groupHtml(group, table.columns))}</table></div>
${table.notes.map((note) => html`<p class="note">${note}</p>`)}</div>`;
