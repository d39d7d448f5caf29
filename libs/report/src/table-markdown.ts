import {
  type Cell,
  type CellParts,
  type Column,
  cellParts,
  fullLabel,
  isNumeric,
  shownInterval,
  shownValue,
  type Table,
} from './table.ts';

/** Any text as Markdown text on one line: nothing in it is markup, a link, a cell's end or a cursor's movement. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\|`*_[\]~$]/g, '\\$&');

const marked = ({ mark }: CellParts, text: string): string => {
  if (mark === undefined) return text;
  switch (mark) {
    case 'best':
      return `**${text}**`;
    case 'groupBest':
      return `<ins>${text}</ins>`;
  }
};

const cellText = (cell: Cell | undefined, column: Column): string => {
  const parts = cellParts(cell);
  const interval = shownInterval(parts, column);
  // thousands run together: the number may be read by a program
  const shown = shownValue(parts, column);
  const value = typeof parts.value === 'number' ? shown.replaceAll('\u202f', '') : shown;
  return [
    marked(parts, escapeMarkdown(value)),
    ...(interval === null ? [] : [`(${interval})`]),
    ...(parts.note === undefined ? [] : [`(${escapeMarkdown(parts.note)})`]),
  ].join(' ');
};

const heading = (column: Column): string => {
  const label = escapeMarkdown(fullLabel(column));
  return column.interval === undefined ? label : `${label} (${escapeMarkdown(column.interval)})`;
};

/** Caption, table, notes; a group's name stands in the first column of its first row. */
export const tableMarkdown = (table: Table): string => {
  const { columns, groups, groupLabel, caption, notes } = table;
  const named = groups.some(({ name }) => name !== null);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = groups.flatMap(({ name, rows: own }) =>
    own.map((row, i) =>
      line([
        ...(named ? [i === 0 ? escapeMarkdown(name ?? '') : ''] : []),
        ...columns.map((column, at) => cellText(row[at], column)),
      ]),
    ),
  );
  const lines = [
    line([...(named ? [escapeMarkdown(groupLabel ?? '')] : []), ...columns.map(heading)]),
    line([
      ...(named ? ['---'] : []),
      ...columns.map((column) => (isNumeric(column) ? '---:' : '---')),
    ]),
    ...rows,
  ];
  const text = [escapeMarkdown(caption), lines.join('\n'), ...notes.map(escapeMarkdown)];
  return `${text.filter((part) => part !== '').join('\n\n')}\n`;
};
