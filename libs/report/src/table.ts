import { grouped, none } from './numerals.ts';

/**
 * How a column's numbers stand. `count`: whole, thousands apart; `p`: a p-value, `< 0.001` below that; else so many decimals,
 * with a plus sign where `signed`. A `text` column may still hold numbers; they stand as JavaScript writes them.
 */
export type NumberFormat = { readonly digits: number; readonly signed?: true };
export type ColumnFormat = 'text' | 'count' | 'p' | NumberFormat;

export type Column = {
  readonly label: string;
  readonly format: ColumnFormat;
  /** A heading over this and its neighbours of the same `over`. */
  readonly over?: string;
  /** What the cells' intervals are, e.g. `95 %`; none where cells have none. */
  readonly interval?: string;
  /** Text that needs room for several lines. */
  readonly wide?: true;
  /** Numbers are per cent, and are drawn too where something can be drawn: as bars, or as points with their intervals. */
  readonly drawn?: 'bar' | 'interval';
};

/** The best of the column, or the best of its group: bold and underlined, as the paper prints them. */
export type Mark = 'best' | 'groupBest';

/** A verdict's direction; shown as a sign and a colour beside the word, which says the same. */
export type Tone = 'good' | 'bad' | 'unsure';

export type CellParts = {
  readonly value: string | number | null;
  readonly interval?: readonly [low: number, high: number] | null;
  readonly mark?: Mark;
  readonly tone?: Tone;
  /** Small print that belongs to the value. */
  readonly note?: string;
  /** In a row's first cell: the row is one of those that the table is about, among others to hold it against. */
  readonly own?: true;
  /** A place in the same page. */
  readonly href?: `#${string}`;
};

/** A plain value, or one with what belongs to it; null is no value. */
export type Cell = string | number | null | CellParts;

export type TableGroup = {
  /** null: the rows stand under no heading. */
  readonly name: string | null;
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly Cell[])[];
};

/** A table that people read, as data: all its writers (`tableHtml`, `tableMarkdown`, …) take this. All text is untrusted. */
export type Table = {
  /** kebab-case, unique in its page; also the file's name. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** What the numbers are, in sentences. */
  readonly caption: string;
  /** What the groups are, e.g. `Set`; null where groups have no names. */
  readonly groupLabel: string | null;
  readonly columns: readonly Column[];
  readonly groups: readonly TableGroup[];
  /** Sentences under the table. */
  readonly notes: readonly string[];
};

export const cellParts = (cell: Cell | undefined): CellParts =>
  typeof cell === 'object' && cell !== null ? cell : { value: cell ?? null };

/** A minus is a minus, not a hyphen; a rounded zero has no sign. */
const fixed = (value: number, { digits, signed }: NumberFormat): string => {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  if (value < 0) return `−${text}`;
  return signed ? `+${text}` : text;
};

/** A number as its column shows it. */
export const shownNumber = (value: number, format: ColumnFormat): string => {
  if (format === 'text') return String(value);
  if (format === 'count') return grouped(value);
  if (format === 'p') return value < 0.001 ? '< 0.001' : value.toFixed(3);
  return fixed(value, format);
};

export const shownValue = ({ value }: CellParts, { format }: Column): string => {
  if (value === null) return none;
  return typeof value === 'number' ? shownNumber(value, format) : value;
};

/** `12.3–45.6`, or `+1.2 to +3.4` where signs would run into the dash; null without an interval. */
export const shownInterval = ({ interval }: CellParts, { format }: Column): string | null => {
  if (!interval) return null;
  const [low, high] = interval.map((end) => shownNumber(end, format));
  return interval.some((end) => end < 0) || (typeof format === 'object' && format.signed)
    ? `${low} to ${high}`
    : `${low}–${high}`;
};

export const isNumeric = ({ format }: Column): boolean => format !== 'text';

/** Neighbouring columns under one heading; null where there is none over them. */
export const spans = (
  columns: readonly Column[],
): { readonly over: string | null; readonly from: number; readonly count: number }[] => {
  const found: { over: string | null; from: number; count: number }[] = [];
  columns.forEach(({ over = null }, from) => {
    const last = found.at(-1);
    if (last && over !== null && last.over === over) last.count += 1;
    else found.push({ over, from, count: 1 });
  });
  return found;
};

/** A column's name where there is no heading over it. */
export const fullLabel = ({ over, label }: Column): string =>
  over === undefined ? label : `${over} ${label}`;
