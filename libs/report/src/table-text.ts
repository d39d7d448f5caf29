import { cellParts, fullLabel, isNumeric, shownInterval, shownValue, type Table } from './table.ts';

/** Control characters would let a name move the terminal's cursor. */
export const plain = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '\ufffd');

/** Lines of a terminal: a group's name in front of its rows, numbers to the right, notes below. */
export const tableText = ({ columns, groups, groupLabel, notes }: Table): string => {
  const named = groups.some(({ name }) => name !== null);
  const head = [...(named ? [groupLabel ?? ''] : []), ...columns.map(fullLabel)];
  const rows = groups.flatMap(({ name, rows: own }) =>
    own.map((row) => [
      ...(named ? [name ?? ''] : []),
      ...columns.map((column, i) => {
        const parts = cellParts(row[i]);
        const interval = shownInterval(parts, column);
        return `${shownValue(parts, column)}${interval === null ? '' : ` (${interval})`}`;
      }),
    ]),
  );
  const all = [head, ...rows].map((row) => row.map(plain));
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const right = [...(named ? [false] : []), ...columns.map(isNumeric)];
  const lines = all.map((row) =>
    row
      .map((text, i) => (right[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  const table = [lines[0]!, rule, ...lines.slice(1)].join('\n');
  return `${[table, ...notes.map(plain)].join('\n\n')}\n`;
};
