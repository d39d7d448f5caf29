import { type Cell, cellParts, fullLabel, type Table } from './table.ts';

/** What spreadsheets read as the beginning of a formula, full-width forms included, and the apostrophe itself. */
const formulaStart = /^[=+\-@'\t\r\n＝＋－＠]/;

/** As the run store's CSV: one apostrophe in front of what a spreadsheet would run, which spreadsheets hide; numbers are never touched. */
const field = (value: string | number | null): string => {
  if (value === null) return '';
  // more decimals than are shown, without the noise of binary fractions
  if (typeof value === 'number') return String(Number(value.toFixed(6)));
  const text = value.replace(/[\0\p{Surrogate}]/gu, '\ufffd');
  const guarded = formulaStart.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
};

/** One line of RFC 4180, its CRLF included. */
export const csvRow = (values: readonly (string | number | null)[]): string =>
  `${values.map(field).join(',')}\r\n`;

type Reader = {
  readonly label: string;
  readonly of: (cell: Cell | undefined) => string | number | null;
};

/** One column of the table is as many of the file as it has parts: value, low, high, mark, note. */
const readersOf = (table: Table, index: number): Reader[] => {
  const column = table.columns[index]!;
  const label = fullLabel(column);
  const cells = table.groups.flatMap(({ rows }) => rows.map((row) => cellParts(row[index])));
  const readers: Reader[] = [{ label, of: (cell) => cellParts(cell).value }];
  if (cells.some(({ interval }) => interval)) {
    readers.push(
      { label: `${label} low`, of: (cell) => cellParts(cell).interval?.[0] ?? null },
      { label: `${label} high`, of: (cell) => cellParts(cell).interval?.[1] ?? null },
    );
  }
  if (cells.some(({ note }) => note !== undefined))
    readers.push({ label: `${label} note`, of: (cell) => cellParts(cell).note ?? null });
  return readers;
};

/** RFC 4180: one line a row, the group's name in front, the ends of intervals in columns of their own, numbers unrounded. */
export const tableCsv = (table: Table): string => {
  const { groups, groupLabel, columns } = table;
  const readers = columns.map((_, i) => readersOf(table, i));
  const named = groups.some(({ name }) => name !== null);
  const head = readers.flatMap((of) => of.map(({ label }) => label));
  const rows = groups.flatMap(({ name, rows: own }) =>
    own.map((row) => [
      ...(named ? [name] : []),
      ...readers.flatMap((of, i) => of.map((reader) => reader.of(row[i]))),
    ]),
  );
  return [[...(named ? [groupLabel ?? 'Group'] : []), ...head], ...rows].map(csvRow).join('');
};
