import { headingLines, isStacked, type Shares } from './latex-size.ts';
import { escapeLatex, small } from './latex-text.ts';
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
} from './table.ts';

const marked = ({ mark }: CellParts, text: string): string => {
  if (mark === undefined) return text;
  switch (mark) {
    case 'best':
      return `\\textbf{${text}}`;
    case 'groupBest':
      return `\\underline{${text}}`;
  }
};

/** How cells are set. */
type CellStyle = { readonly stacked: boolean; readonly print: string };

const cellText = (
  cell: Cell | undefined,
  column: Column,
  { stacked, print }: CellStyle,
): string => {
  const parts = cellParts(cell);
  const interval = shownInterval(parts, column);
  const value = marked(parts, escapeLatex(shownValue(parts, column)));
  if (stacked && interval !== null) return `\\shortstack[r]{${value}\\\\${small(interval, print)}}`;
  return [
    value,
    ...(interval === null ? [] : [small(`(${interval})`, print)]),
    ...(parts.note === undefined ? [] : [small(parts.note, print)]),
  ].join(' ');
};

/** After `\\\\`, a `[` would be read as a length and a `*` as a variant. */
const afterBreak = (text: string): string => (/^\s*[[*]/.test(text) ? `{}${text}` : text);

export const line = (cells: readonly string[], end = '\\\\'): string =>
  `    ${afterBreak(cells.join(' & '))} ${end}`;

/** Headings over several columns, with their rules. */
const overLines = (columns: readonly Column[]): string[] => {
  const over = spans(columns);
  if (over.every((span) => span.over === null)) return [];
  const cells = over.map((span) =>
    span.over === null ? '' : `\\multicolumn{${span.count}}{c}{${escapeLatex(span.over)}}`,
  );
  const rules = over.flatMap(({ over: name, from, count }) =>
    name === null ? [] : [`\\cmidrule(lr){${from + 1}-${from + count}}`],
  );
  return [line(cells), `    ${rules.join(' ')}`];
};

/** A longer name is set in several lines. */
const longName = 40;

const groupHead = (name: string, columns: number): string => {
  const place = name.length > longName ? 'p{0.6\\linewidth}' : 'l';
  const cell = `\\multicolumn{${columns}}{${place}}{\\textit{${escapeLatex(name)}}}`;
  // the star: no page ends between a group's name and its first row
  return line([cell], '\\\\*');
};

/** A group's rule, name and rows. */
const groupLines = (
  { name, rows }: TableGroup,
  columns: readonly Column[],
  style: CellStyle,
): string[] => [
  '    \\midrule',
  ...(name === null ? [] : [groupHead(name, columns.length)]),
  ...rows.map((row) => line(columns.map((column, i) => cellText(row[i], column, style)))),
];

/** The columns of a `tabular`. */
export const letters = ({ columns }: Table, shares: Shares): string =>
  columns
    .map((column, i) => {
      const share = shares[i] ?? null;
      if (share !== null) return `p{${share}\\linewidth}`;
      return isNumeric(column) ? 'r' : 'l';
    })
    .join('');

const heading = (table: Table, i: number, print: string): string => {
  const column = table.columns[i]!;
  const interval = column.interval === undefined ? [] : [small(`(${column.interval})`, print)];
  const lines = headingLines(table, i).map((text) => afterBreak(escapeLatex(text)));
  if (lines.length === 1) return [...lines, ...interval].join(' ');
  return `\\shortstack[${isNumeric(column) ? 'r' : 'l'}]{${[...lines, ...interval].join('\\\\')}}`;
};

/** All headings; `print` is the size of small print. */
export const headLines = (table: Table, print: string): string[] => [
  ...overLines(table.columns),
  line(table.columns.map((_, i) => heading(table, i, print))),
];

/** All groups. */
export const bodyLines = (table: Table, print: string): string[] => {
  const style = { print, stacked: isStacked(table) };
  return table.groups.flatMap((group) => groupLines(group, table.columns, style));
};
