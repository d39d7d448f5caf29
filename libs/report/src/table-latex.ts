import { bodyLines, headLines, letters, line } from './latex-rows.ts';
import { freeShares, isLong, settingOf, textSize } from './latex-size.ts';
import { escapeLatex, small } from './latex-text.ts';
import type { Table } from './table.ts';

const label = ({ id }: Table): string => `\\label{tab:${id.replace(/[^a-z0-9-]/g, '-')}}`;

const fonts = 'characters beyond Latin want XeLaTeX or LuaLaTeX';

/** Set smaller where it is wider than the line. */
const fitted = '\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}';

const floating = (table: Table): string[] => [
  `% \\usepackage{booktabs,graphicx}; ${fonts}`,
  '\\begin{table}[t]',
  '  \\centering',
  `  \\caption{${escapeLatex(table.caption)}}`,
  `  ${label(table)}`,
  `  ${fitted}{\\begin{tabular}{@{}${letters(table, freeShares(table))}@{}}`,
  '    \\toprule',
  ...headLines(table, textSize.print),
  ...bodyLines(table, textSize.print),
  '    \\bottomrule',
  '  \\end{tabular}}',
  ...table.notes.map((note) => `  \\par\\smallskip ${small(note)}`),
  '\\end{table}',
];

/** Over as many pages as it takes, each with the headings; on its side where it is too wide for a readable size. */
const long = (table: Table): string[] => {
  const { size, landscape, shares } = settingOf(table);
  const head = ['    \\toprule', ...headLines(table, size.print)];
  const goesOn = `\\multicolumn{${table.columns.length}}{r@{}}{${small('continued on the next page', size.print)}}`;
  return [
    `% \\usepackage{booktabs,longtable${landscape ? ',pdflscape' : ''}}; LaTeX must run twice; ${fonts}`,
    landscape ? '\\begin{landscape}' : '\\begingroup',
    `  \\${size.name}`,
    '  \\setlength{\\tabcolsep}{0.5em}',
    '  \\setlength{\\LTcapwidth}{\\linewidth}',
    `  \\begin{longtable}{@{}${letters(table, shares)}@{}}`,
    `    \\caption{${escapeLatex(table.caption)}}${label(table)} \\\\`,
    ...[...head, '    \\endfirsthead', ...head, '    \\endhead'],
    ...['    \\midrule', line([goesOn]), '    \\endfoot'],
    ...['    \\bottomrule', '    \\endlastfoot'],
    ...bodyLines(table, size.print),
    '  \\end{longtable}',
    ...table.notes.map((note) => `  \\noindent${small(note, size.print)}\\par`),
    landscape ? '\\end{landscape}' : '\\endgroup',
  ];
};

/** A table in the rules of booktabs, `\\label{tab:ID}`: it floats, or, where it is longer than a page, goes on over several. */
export const tableLatex = (table: Table): string =>
  [...(isLong(table) ? long(table) : floating(table)), ''].join('\n');
