import type { Table } from './table.ts';
import { tableCsv } from './table-csv.ts';
import { tableLatex } from './table-latex.ts';
import { tableMarkdown } from './table-markdown.ts';

/** What a table is written as beside the page, each with the ending of its file. */
export const tableFormats = { md: 'md', csv: 'csv', latex: 'tex', json: 'json' } as const;

export type TableFormat = keyof typeof tableFormats;

/** The bytes of a table: the same from a button of the page and from `coa export`. */
export const writeTable = (table: Table, format: TableFormat): string => {
  switch (format) {
    case 'md':
      return tableMarkdown(table);
    case 'csv':
      return tableCsv(table);
    case 'latex':
      return tableLatex(table);
    case 'json':
      return `${JSON.stringify(table, null, 2)}\n`;
  }
};
