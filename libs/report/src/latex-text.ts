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

/** Small print, in a size of its own. */
export const small = (text: string, size = 'footnotesize'): string =>
  `{\\${size} ${escapeLatex(text)}}`;
