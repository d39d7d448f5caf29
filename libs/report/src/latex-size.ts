import {
  type CellParts,
  type Column,
  cellParts,
  shownInterval,
  shownValue,
  type Table,
} from './table.ts';

/** What a table takes of a page, guessed from its letters: only LaTeX knows, while it runs. */

/** Letters on a line of the narrowest usual page, and along its height. */
const lineLetters = { upright: 64, landscape: 100 } as const;

/** Running text has narrower letters than numbers and names. */
const textLetters = 75;

/** Lines on a page, less what a table's rules and the space around its caption take. */
const pageLines = 36;

/** Letters between two columns, half of them on each side: 0.5em. */
const gap = 2;

/** A size of type with that of its small print, each as a share of the text's size. */
export type TypeSize = {
  readonly name: string;
  readonly scale: number;
  readonly print: string;
  readonly printScale: number;
};

export const textSize: TypeSize = {
  ...{ name: 'normalsize', scale: 1 },
  ...{ print: 'footnotesize', printScale: 0.8 },
};

const sizes: readonly TypeSize[] = [
  textSize,
  { name: 'small', scale: 0.9, print: 'footnotesize', printScale: 0.8 },
  { name: 'footnotesize', scale: 0.8, print: 'scriptsize', printScale: 0.7 },
  { name: 'scriptsize', scale: 0.7, print: 'tiny', printScale: 0.55 },
];

export const cellsOf = ({ groups }: Table, i: number): CellParts[] =>
  groups.flatMap(({ rows }) => rows.map((row) => cellParts(row[i])));

/** Many columns with intervals are narrower with each interval under its value. */
const mostBeside = 3;

export const isStacked = (table: Table): boolean =>
  table.columns.filter((_, i) => cellsOf(table, i).some(({ interval }) => interval)).length >
  mostBeside;

/** Longer small print is set in several lines. */
const longNote = 24;

/** How many parts a column of running text takes of the room for such; 0: it is as wide as its cells. */
const partsOf = (table: Table, i: number): number => {
  if (table.columns[i]!.wide) return 2;
  return cellsOf(table, i).some(({ note = '' }) => note.length > longNote) ? 1 : 0;
};

/** Letters of a cell's value, and of the small print beside it. */
const lettersOf = (cell: CellParts, column: Column): readonly [value: number, print: number] => [
  shownValue(cell, column).length,
  (shownInterval(cell, column)?.length ?? -3) + 3 + (cell.note?.length ?? 0),
];

/** Letters of the text's size that the widest cell takes. */
const widest = (table: Table, i: number, { scale, printScale }: TypeSize): number => {
  const stacked = isStacked(table);
  const widths = cellsOf(table, i).map((cell) => {
    const [value, print] = lettersOf(cell, table.columns[i]!);
    return stacked && cell.interval
      ? Math.max(scale * value, printScale * print)
      : scale * value + printScale * print;
  });
  return Math.max(0, ...widths);
};

/** Shorter lines of a heading help nobody. */
const leastHeading = 8;

/** A heading in lines that are no wider than its column's cells, as far as its words let them. */
export const headingLines = (table: Table, i: number): string[] => {
  const room = Math.max(leastHeading, partsOf(table, i) > 0 ? 20 : widest(table, i, textSize));
  const lines: string[] = [];
  for (const word of table.columns[i]!.label.split(' ')) {
    const joined = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && joined.length <= room) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
};

const columnLetters = (table: Table, i: number, size: TypeSize): number => {
  const heading = Math.max(...headingLines(table, i).map(({ length }) => length));
  return partsOf(table, i) > 0 ? 0 : Math.max(size.scale * heading, widest(table, i, size));
};

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Letters of all columns but those of running text, and of the space between columns. */
const firmLetters = (table: Table, size: TypeSize): number =>
  sum(table.columns.map((_, i) => columnLetters(table, i, size))) +
  size.scale * gap * (table.columns.length - 1);

const allParts = (table: Table): number => sum(table.columns.map((_, i) => partsOf(table, i)));

/** What a part of the room for running text takes of a line where nothing else is short of it, and its letters at least. */
const mostOfLine = 0.2;
const leastLetters = 13;

/** The share of the line that each column of running text has; null: it is as wide as its cells. */
export type Shares = readonly (number | null)[];

const sharesOf = (table: Table, part: number): Shares =>
  table.columns.map((_, i) => (partsOf(table, i) === 0 ? null : part * partsOf(table, i)));

/** Shares where the whole is set smaller afterwards. */
export const freeShares = (table: Table): Shares => sharesOf(table, mostOfLine);

/** How a table is set that must be no wider than a line. */
export type Setting = {
  readonly size: TypeSize;
  readonly landscape: boolean;
  readonly shares: Shares;
};

/** The largest size at which the table fits, upright where it can stay so. */
export const settingOf = (table: Table): Setting => {
  const parts = allParts(table);
  const ways = [
    ...sizes.slice(0, -1).map((size) => ({ size, landscape: false })),
    ...sizes.map((size) => ({ size, landscape: true })),
  ].map((way) => {
    const line = way.landscape ? lineLetters.landscape : lineLetters.upright;
    const room = line - firmLetters(table, way.size);
    return { ...way, line, room };
  });
  const enough = ways.find(({ size, room }) => room >= parts * size.scale * leastLetters);
  const { size, landscape, line, room } = enough ?? ways.at(-1)!;
  const part = Math.max(0.05, Math.min(mostOfLine, room / Math.max(1, parts) / line));
  return { size, landscape, shares: sharesOf(table, Number(part.toFixed(3))) };
};

const rowLines = (table: Table, at: number): number => {
  const stacked = isStacked(table);
  const lines = table.columns.map((column, i) => {
    const cell = cellsOf(table, i)[at]!;
    const [value, print] = lettersOf(cell, column);
    const parts = partsOf(table, i);
    if (parts === 0) return stacked && cell.interval ? 2 : 1;
    const letters = value + textSize.printScale * print;
    return Math.ceil(letters / (parts * mostOfLine * textLetters));
  });
  return Math.max(1, ...lines);
};

const textLines = (texts: readonly string[], scale: number): number =>
  sum(texts.map(({ length }) => scale * Math.ceil((scale * length) / textLetters)));

/** Whether it needs more than a page where it is set no wider than a line. */
export const isLong = (table: Table): boolean => {
  const rows = sum(cellsOf(table, 0).map((_, at) => rowLines(table, at)));
  const heads = Math.max(...table.columns.map((_, i) => headingLines(table, i).length));
  const groups = sum(table.groups.map(({ name }) => (name === null ? 0.5 : 1.5)));
  const { upright } = lineLetters;
  const width = firmLetters(table, textSize) + allParts(table) * mostOfLine * upright;
  const scale = Math.min(1, upright / width);
  const around = textLines([table.caption], 1) + textLines(table.notes, textSize.printScale);
  return scale * (rows + heads + groups) + around > pageLines;
};
