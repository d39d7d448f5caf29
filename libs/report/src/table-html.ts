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

/** Drawn by attributes: the page's policy allows no inline style. */
const bar = (share: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.min(100, Math.max(0, share)).toFixed(1)}" height="8"/></svg>`;

/** To the next ten, so that scales of like tables are often the same. */
const reach = (table: Table, index: number): number => {
  const ends = table.groups.flatMap(({ rows }) =>
    rows.map((row) => cellParts(row[index])).map(({ value, interval }) => interval?.[1] ?? value),
  );
  const numbers = ends.filter((end) => typeof end === 'number');
  return Math.min(100, 10 * Math.ceil(Math.max(10, ...numbers) / 10));
};

/** A point with its interval on a scale from 0; in the column after the number. */
const plot = ({ value, interval }: CellParts, most: number): Html => {
  const at = (number: number): string => `${((100 * number) / most).toFixed(2)}%`;
  if (typeof value !== 'number') return html`<td class="plot"></td>`;
  const [low, high] = interval ?? [value, value];
  return html`<td class="plot"><svg class="whisker" aria-hidden="true"><line class="scale" x1="0" x2="100%" y1="50%" y2="50%"/><line x1="${at(low)}" x2="${at(high)}" y1="50%" y2="50%"/><circle cx="${at(value)}" cy="50%" r="5"/></svg></td>`;
};

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

/** No line ends between a number and its per cent sign. */
export const glued = (text: string): string => text.replaceAll(/(?<=\d) (?=%)/g, '\u00a0');

/** A short word with hyphens, e.g. `RL-1&2`, is not broken at one. */
const unbroken = (text: string): HtmlPart =>
  glued(text)
    // not at the space that was glued
    .split(/([^\S\u00a0]+)/)
    .map((word) =>
      word.length <= 16 && /\S-\S/.test(word) ? html`<span class="word">${word}</span>` : word,
    );

const content = (parts: CellParts, column: Column): HtmlPart => {
  const shown = shownValue(parts, column);
  const text = typeof parts.value === 'string' ? html`<bdi>${unbroken(shown)}</bdi>` : shown;
  const value = marked(parts, parts.href ? html`<a href="${parts.href}">${text}</a>` : text);
  const interval = shownInterval(parts, column);
  return html`${value}${interval && html` <span class="range">${interval}</span>`}${
    parts.note && html` <span class="small"><bdi>${unbroken(parts.note)}</bdi></span>`
  }${column.drawn === 'bar' && typeof parts.value === 'number' && bar(parts.value)}`;
};

const classesOf = (column: Column): string =>
  [isNumeric(column) && 'number', column.wide && 'wide', column.drawn === 'bar' && 'barred']
    .filter(Boolean)
    .join(' ');

/** Longer small print needs room. */
const longNote = 24;

const cellHtml = (cell: Cell | undefined, column: Column, first: boolean): Html => {
  const parts = cellParts(cell);
  const inner = content(parts, column);
  const noted = (parts.note?.length ?? 0) > longNote && !column.wide;
  const classes = [classesOf(column), noted && 'noted'].filter(Boolean).join(' ');
  return first
    ? html`<th scope="row"${classes && html` class="${classes}"`}>${inner}</th>`
    : html`<td${classes && html` class="${classes}"`}>${inner}</td>`;
};

/** Where a column is drawn as points, the top of its scale. */
type Scales = readonly (number | null)[];

const scalesOf = (table: Table): Scales =>
  table.columns.map(({ drawn }, i) => (drawn === 'interval' ? reach(table, i) : null));

const rowHtml = (row: readonly Cell[], columns: readonly Column[], scales: Scales): Html =>
  html`<tr${cellParts(row[0]).own && html` class="own"`}>${columns.map((column, i) => {
    const most = scales[i] ?? null;
    return [cellHtml(row[i], column, i === 0), most !== null && plot(cellParts(row[i]), most)];
  })}</tr>
`;

const groupHtml = (
  { name, rows }: TableGroup,
  columns: readonly Column[],
  scales: Scales,
): Html => html`<tbody>
${
  name !== null &&
  html`<tr class="group"><th scope="rowgroup" colspan="${columns.length + scales.filter((most) => most !== null).length}"><bdi>${name}</bdi></th></tr>
`
}${rows.map((row) => rowHtml(row, columns, scales))}</tbody>`;

/** A long name without spaces may break where a capital follows a small letter. */
const breakable = (label: string): HtmlPart => {
  if (label.length <= 12) return label;
  const pieces = label.split(/(?<=\p{Ll})(?=\p{Lu}\p{Ll})/u);
  return pieces.map((piece, i) => (i === 0 ? piece : html`<wbr>${piece}`));
};

const columnHead = (column: Column, most: number | null): HtmlPart => {
  const classes = [classesOf(column), column.over !== undefined && 'under']
    .filter(Boolean)
    .join(' ');
  return [
    html`<th scope="col"${classes && html` class="${classes}"`}>${breakable(glued(column.label))}${column.interval && html` <span class="range">${glued(column.interval)}</span>`}</th>`,
    most !== null && html`<td class="plot"><span>0</span><span>${most}</span></td>`,
  ];
};

const headHtml = (columns: readonly Column[], scales: Scales): Html => {
  const over = spans(columns);
  const spanned = over.some((span) => span.over !== null);
  return html`<thead>${
    spanned &&
    html`<tr class="over">${over.map((span) => {
      const drawn = scales.slice(span.from, span.from + span.count).filter((most) => most !== null);
      const width = span.count + drawn.length;
      return span.over === null
        ? html`<td${width > 1 && html` colspan="${width}"`}></td>`
        : html`<th scope="colgroup" colspan="${width}">${breakable(span.over)}</th>`;
    })}</tr>`
  }<tr>${columns.map((column, i) => columnHead(column, scales[i] ?? null))}</tr></thead>`;
};

/** The table in a frame that scrolls by itself where it is too wide; `data-table` lets the client put its buttons there. */
export const tableHtml = (table: Table): Html => {
  const scales = scalesOf(table);
  return html`
<div class="table" id="table-${table.id}" data-table="${table.id}" data-title="${table.title}">
<div class="frame" role="region" aria-label="Table: ${table.title}" tabindex="0"><table>
<caption>${glued(table.caption)}</caption>${headHtml(table.columns, scales)}
${table.groups.map((group) => groupHtml(group, table.columns, scales))}</table></div>
${table.notes.map((note) => html`<p class="note">${glued(note)}</p>`)}</div>`;
};
