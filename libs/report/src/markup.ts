/** Text that is markup already: made by `html`, by nothing else. */
export type Html = { readonly html: string };

export type HtmlPart = string | number | Html | readonly HtmlPart[] | null | undefined | false;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Any text as HTML text or quoted attribute value. What HTML cannot hold (NUL, half a surrogate pair) becomes U+FFFD. */
export const escapeText = (text: string): string =>
  text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what HTML forbids.
    .replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, '\ufffd')
    .replace(/[&<>"']/g, (character: string) => entities[character]!);

const rendered = (part: HtmlPart): string => {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'object') return 'html' in part ? part.html : part.map(rendered).join('');
  return escapeText(String(part));
};

/** Markup with holes; what fills a hole is escaped unless `html` made it. Lists are joined; null, undefined and false are nothing. */
export const html = (literal: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html => ({
  html: literal.reduce((text, next, i) => text + rendered(parts[i - 1] ?? null) + next),
});

/** Markup from a place we trust: our own bundle, our own base64. */
export const trusted = (markup: string): Html => ({ html: markup });
