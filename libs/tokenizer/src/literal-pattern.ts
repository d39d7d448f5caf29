/** A regular expression's source that matches `text` and nothing else. */
export const literalPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** A source that matches the longest of `texts` at each place; nothing where there are none. */
export const longestOfPattern = (texts: readonly string[]): string =>
  texts
    .toSorted((a, b) => b.length - a.length)
    .map(literalPattern)
    .join('|') || '(?!)';
