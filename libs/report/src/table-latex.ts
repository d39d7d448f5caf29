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

const commands: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''",
  '`': '\\textasciigrave{}',
  '-': '-{}',
  '–': '--',
  '—': '---',
  '…': '\\ldots{}',
  '’': "'",
  '‘': '`',
  '“': '``',
  '”': "''",
  '−': '$-$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '\u00a0': '~',
  '\u202f': '\\,',
};

/** Any text as LaTeX text on one line. What no font sets (control characters, half a surrogate pair) becomes a question mark. */
export const escapeLatex = (text: string): string =>
  text
    .replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '?')
    // a hyphen before a hyphen is kept from becoming a dash
    .replace(/[\\{}$&#%_^~<>|"`–—…’‘“”−×·\u00a0\u202f]|-(?=-)/g, (found) => commands[found]!);

const marked = ({ mark }: CellParts, text: string): string => {
  if (mark === undefined) return text;
  switch (mark) {
    case 'best':
      return `\\textbf{${text}}`;
    case 'groupBest':
      return `\\underline{${text}}`;
  }
};

const small = (text: string): string => `{\\footnotesize ${escapeLatex(text)}}`;

/** Many columns with intervals are narrower with each interval under its value. */
const mostBeside = 3;

const isStacked = ({ columns, groups }: Table): boolean => {
  const rows = groups.flatMap((group) => group.rows);
  const ranged = columns.filter((_, i) => rows.some((row) => cellParts(row[i]).interval));
  return ranged.length > mostBeside;
};

const cellText = (cell: Cell | undefined, column: Column, stacked: boolean): string => {
  const parts = cellParts(cell);
  const interval = shownInterval(parts, column);
  const value = marked(parts, escapeLatex(shownValue(parts, column)));
  if (stacked && interval !== null) return `\\shortstack[r]{${value}\\\\${small(interval)}}`;
  return [
    value,
    ...(interval === null ? [] : [small(`(${interval})`)]),
    ...(parts.note === undefined ? [] : [small(parts.note)]),
  ].join(' ');
};

/** After `\\`, a `[` would be read as a length and a `*` as a variant. */
const line = (cells: readonly string[]): string => {
  const text = cells.join(' & ');
  return `    ${/^\s*[[*]/.test(text) ? `{}${text}` : text} \\\\`;
};

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

const groupLines = (
  { name, rows }: TableGroup,
  { columns, stacked }: Pick<Table, 'columns'> & { readonly stacked: boolean },
): string[] => [
  '    \\midrule',
  ...(name === null
    ? []
    : [line([`\\multicolumn{${columns.length}}{l}{\\textit{${escapeLatex(name)}}}`])]),
  ...rows.map((row) => line(columns.map((column, i) => cellText(row[i], column, stacked)))),
];

/** Longer small print is set in several lines. */
const longNote = 24;

const letter = (column: Column, cells: readonly CellParts[]): string => {
  if (column.wide) return 'p{0.4\\linewidth}';
  if (isNumeric(column)) return 'r';
  return cells.some(({ note = '' }) => note.length > longNote) ? 'p{0.2\\linewidth}' : 'l';
};

const letters = ({ columns, groups }: Pick<Table, 'columns' | 'groups'>): string => {
  const rows = groups.flatMap((group) => group.rows);
  return columns
    .map((column, i) =>
      letter(
        column,
        rows.map((row) => cellParts(row[i])),
      ),
    )
    .join('');
};

/** Set smaller where it is wider than the line. */
const fitted = '\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}';

const heading = ({ label, interval }: Column): string =>
  interval === undefined ? escapeLatex(label) : `${escapeLatex(label)} ${small(`(${interval})`)}`;

/** A floating table in the rules of booktabs; `\label{tab:ID}`. */
export const tableLatex = (table: Table): string => {
  const { id, caption, columns, groups, notes } = table;
  const stacked = isStacked(table);
  return [
    '% \\usepackage{booktabs,graphicx}; characters beyond Latin want XeLaTeX or LuaLaTeX',
    '\\begin{table}[t]',
    '  \\centering',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{tab:${id.replace(/[^a-z0-9-]/g, '-')}}`,
    `  ${fitted}{\\begin{tabular}{@{}${letters(table)}@{}}`,
    '    \\toprule',
    ...overLines(columns),
    line(columns.map(heading)),
    ...groups.flatMap((group) => groupLines(group, { columns, stacked })),
    '    \\bottomrule',
    '  \\end{tabular}}',
    ...notes.map((note) => `  \\par\\smallskip ${small(note)}`),
    '\\end{table}',
    '',
  ].join('\n');
};
