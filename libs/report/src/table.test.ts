import { describe, expect, test } from 'vitest';
import { escapeLatex } from './latex-text.ts';
import type { Column, Table } from './table.ts';
import { tableCsv } from './table-csv.ts';
import { writeTable } from './table-formats.ts';
import { tableHtml } from './table-html.ts';
import { tableLatex } from './table-latex.ts';
import { escapeMarkdown, tableMarkdown } from './table-markdown.ts';
import { tableText } from './table-text.ts';

const columns: readonly Column[] = [
  { label: 'Agent', format: 'text' },
  { label: 'EM', over: 'NQ', format: { digits: 1 }, interval: '95 %' },
  { label: 'F1', over: 'NQ', format: { digits: 1 } },
  { label: 'n', format: 'count' },
  { label: 'change', format: { digits: 1, signed: true } },
  { label: 'p', format: 'p' },
];

const table: Table = {
  id: 'toy',
  title: 'A toy',
  caption: 'Exact match & more.',
  groupLabel: 'Set',
  columns,
  groups: [
    {
      name: 'first',
      rows: [
        [
          'A',
          { value: 100 / 3, interval: [25, 41.25], mark: 'best' },
          { value: 50, mark: 'groupBest' },
          12345,
          { value: -2.04, interval: [-5, 1] },
          0.0004,
        ],
        ['B', null, 0.04, 7, 3, 0.25],
      ],
    },
    { name: 'second', rows: [['C', { value: 1, note: 'few' }, -0.04, 0, -0.01, 1]] },
  ],
  notes: ['A note.'],
};

const one = (text: string): Table => ({
  ...table,
  caption: text,
  groupLabel: text,
  columns: [
    { label: text, format: 'text' },
    { label: text, format: 'text', over: text },
  ],
  groups: [{ name: text, rows: [[text, { value: text, note: text }]] }],
  notes: [text],
});

describe('Markdown', () => {
  test('holds caption, aligned columns, marks, intervals and notes', () => {
    expect(tableMarkdown(table)).toBe(`Exact match &amp; more.

| Set | Agent | NQ EM (95 %) | NQ F1 | n | change | p |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
| first | A | **33.3** (25.0–41.3) | <ins>50.0</ins> | 12345 | −2.0 (−5.0 to +1.0) | &lt; 0.001 |
|  | B | – | 0.0 | 7 | +3.0 | 0.250 |
| second | C | 1.0 (few) | 0.0 | 0 | 0.0 | 1.000 |

A note.
`);
  });

  test('keeps hostile text in its cell, on its line, as text', () => {
    const hostile = 'a|b\n\n# <img src=x> [x](javascript:1) **b** `c` $x$ ~~y~~ \\| \u202e\u0000';
    const lines = tableMarkdown(one(hostile)).split('\n');
    expect(escapeMarkdown(hostile)).toBe(
      'a\\|b # &lt;img src=x> \\[x\\](javascript:1) \\*\\*b\\*\\* \\`c\\` \\$x\\$ \\~\\~y\\~\\~ \\\\\\| \ufffd\ufffd',
    );
    const rows = lines.filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.match(/(?<!\\)(\\\\)*\|/g)).toHaveLength(4);
  });
});

describe('CSV', () => {
  test('is RFC 4180 with ends of intervals apart and numbers unrounded', () => {
    expect(tableCsv(table).split('\r\n')).toEqual([
      'Set,Agent,NQ EM,NQ EM low,NQ EM high,NQ EM note,NQ F1,n,change,change low,change high,p',
      'first,A,33.333333,25,41.25,,50,12345,-2.04,-5,1,0.0004',
      'first,B,,,,,0.04,7,3,,,0.25',
      'second,C,1,,,few,-0.04,0,-0.01,,,1',
      '',
    ]);
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ["'quoted", "''quoted"],
    ['＋1', "'＋1"],
    ['a,"b"\r\nc', '"a,""b""\r\nc"'],
    ['-5 dollars', "'-5 dollars"],
    ['a\u0000b', 'a\ufffdb'],
  ])('%j is written as %j', (text, written) => {
    expect(tableCsv(one(text)).startsWith(`${written},`)).toBe(true);
  });
});

describe('LaTeX', () => {
  test('is a floating table in the rules of booktabs', () => {
    expect(
      tableLatex(table),
    ).toBe(String.raw`% \usepackage{booktabs,graphicx}; characters beyond Latin want XeLaTeX or LuaLaTeX
\begin{table}[t]
  \centering
  \caption{Exact match \& more.}
  \label{tab:toy}
  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{\begin{tabular}{@{}lrrrrr@{}}
    \toprule
     & \multicolumn{2}{c}{NQ} &  &  &  \\
    \cmidrule(lr){2-3}
    Agent & EM {\footnotesize (95 \%)} & F1 & n & change & p \\
    \midrule
    \multicolumn{6}{l}{\textit{first}} \\*
    A & \textbf{33.3} {\footnotesize (25.0--41.3)} & \underline{50.0} & 12\,345 & $-$2.0 {\footnotesize ($-$5.0 to +1.0)} & \textless{} 0.001 \\
    B & -- & 0.0 & 7 & +3.0 & 0.250 \\
    \midrule
    \multicolumn{6}{l}{\textit{second}} \\*
    C & 1.0 {\footnotesize few} & 0.0 & 0 & 0.0 & 1.000 \\
    \bottomrule
  \end{tabular}}
  \par\smallskip {\footnotesize A note.}
\end{table}
`);
  });

  const rowsOf = (count: number): Table => ({
    ...table,
    groups: [{ name: 'all', rows: Array.from({ length: count }, (_, i) => [`A${i}`, i, i, i, i]) }],
  });

  test('floats while it fits a page, else goes on over several, each with its headings', () => {
    expect(tableLatex(rowsOf(20))).toContain('\\begin{table}');
    const text = tableLatex(rowsOf(60));
    expect(text).toMatch(/^% \\usepackage\{booktabs,longtable\}/);
    expect(text).not.toContain('\\begin{table}');
    expect(text.match(/^ {4}Agent & /gm)).toHaveLength(2);
    expect(text.indexOf('\\endlastfoot')).toBeLessThan(text.indexOf('A0 & '));
    expect(text.match(/^ {4}A\d+ & /gm)).toHaveLength(60);
    expect(text).toContain('\\multicolumn{6}{l}{\\textit{all}} \\\\*');
  });

  test('long and wide, it is set smaller; wider still, on its side', () => {
    const wide = (count: number): Table => ({
      ...rowsOf(60),
      columns: Array.from({ length: count }, () => ({ label: 'Reward', format: { digits: 4 } })),
    });
    expect(tableLatex(wide(5))).toContain('\\normalsize');
    expect(tableLatex(wide(9))).toContain('\\footnotesize');
    expect(tableLatex(wide(9))).not.toContain('landscape');
    expect(tableLatex(wide(12))).toMatch(/longtable,pdflscape\}[\s\S]*\\begin\{landscape\}/);
  });

  test('a heading longer than its numbers is broken at its spaces', () => {
    const columns: Column[] = [
      { label: 'A b', format: 'text' },
      { label: 'RL & the last sixth', format: 'count' },
    ];
    const text = tableLatex({ ...table, columns, groups: [{ name: null, rows: [['x', 1]] }] });
    expect(text).toContain('A b & \\shortstack[r]{RL \\& the\\\\last\\\\sixth}');
  });

  test('escapes every special character, and keeps hyphens apart', () => {
    expect(escapeLatex('\\input{/etc/passwd} $x_1^2$ 50% & #1 ~ "a" `b` --x\n\ny\u0007')).toBe(
      "\\textbackslash{}input\\{/etc/passwd\\} \\$x\\_1\\textasciicircum{}2\\$ 50\\% \\& \\#1 \\textasciitilde{} ''a'' \\textasciigrave{}b\\textasciigrave{} -{}-x y?",
    );
  });

  test('hostile text opens no command, no group, no cell and no option', () => {
    const hostile = '[2em] % } \\end{table} & \n\n * [1em] ';
    const text = tableLatex(one(hostile));
    expect(text.match(/\\end\{table\}/g)).toHaveLength(1);
    const bare = text
      .replaceAll('\\\\*\n', '\\\\\n')
      .replaceAll(/\\[\\{}$&#%_]/g, (pair) => (pair === '\\\\' ? '\n' : ''));
    expect(bare.match(/\{/g)!.length).toBe(bare.match(/\}/g)!.length);
    expect(bare.match(/%/g)).toHaveLength(1);
    // no row, the first after the head's included, begins with what `\\` would take for its own
    expect(bare).not.toMatch(/\n\s*[[*]/);
  });
});

test('a terminal gets padded lines, and no control character', () => {
  const lines = tableText(table).split('\n');
  expect(lines[0]).toBe(
    'Set     Agent             NQ EM  NQ F1       n               change        p',
  );
  expect(lines[2]).toMatch(/^first {3}A {6}33\.3 \(25\.0–41\.3\) {3}50\.0 {2}12\u202f345/);
  const hostile = tableText(one('\u001b[2J\u202e'));
  for (const control of ['\u001b', '\u202e']) expect(hostile).not.toContain(control);
});

describe('HTML', () => {
  test('escapes everything, names its rows and groups, and links only inside the page', () => {
    const hostile = '"><script>alert(1)</script>';
    const { html } = tableHtml({ ...one(hostile), id: hostile, title: hostile });
    expect(html).not.toContain('<script');
    expect(html.match(/scope="rowgroup"/g)).toHaveLength(1);
    const linked = { value: 'A', href: '#t=3' } as const;
    expect(tableHtml({ ...table, groups: [{ name: null, rows: [[linked]] }] }).html).toContain(
      '<th scope="row"><a href="#t=3"><bdi>A</bdi></a></th>',
    );
  });

  test('no line ends inside a short name or between a number and %', () => {
    const rows = [[{ value: 'A', note: 'SFT-1&2 saved 16.4 % of all' }]];
    const { html } = tableHtml({ ...table, notes: ['95 % of x'], groups: [{ name: null, rows }] });
    expect(html).toContain('<span class="word">SFT-1&amp;2</span> saved 16.4\u00a0% of all');
    expect(html).toContain('95\u00a0% of x');
  });

  test('says best and best of the group, and draws a heading over its columns', () => {
    const { html } = tableHtml(table);
    expect(html).toContain('<b class="best">33.3</b> <span class="range">25.0–41.3</span>');
    expect(html).toContain('<u class="group-best">50.0</u>');
    expect(html).toContain('<th scope="colgroup" colspan="2">NQ</th>');
  });
});

test('JSON is the table itself', () => {
  expect(JSON.parse(writeTable(table, 'json'))).toEqual(JSON.parse(JSON.stringify(table)));
});
