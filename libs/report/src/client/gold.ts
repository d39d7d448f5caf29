import type { Question } from '@coa/core';
import { element } from './dom.ts';

/** A stretch of a text, `to` excluded. */
export type Range = { readonly from: number; readonly to: number };

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** What would be found in any text says nothing. */
const telling = (gold: string): boolean =>
  gold.trim().length > 1 && !/^(yes|no|true|false)$/i.test(gold.trim());

/** Where an accepted answer stands in a text as whole words, whatever their case. */
export const goldRanges = (text: string, golds: readonly string[]): Range[] => {
  const words = golds.filter(telling).map((gold) => escaped(gold.trim()));
  if (words.length === 0) return [];
  // the longest first: it holds the shorter ones
  const any = words.sort((a, b) => b.length - a.length).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, 'giu');
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => ({
    from: index,
    to: index + found.length,
  }));
};

/** A text with the accepted answers in it marked. */
export const withGolds = (text: string, { golds }: Question): (string | HTMLElement)[] => {
  const parts: (string | HTMLElement)[] = [];
  let at = 0;
  for (const { from, to } of goldRanges(text, golds)) {
    parts.push(
      text.slice(at, from),
      element('mark', { class: 'gold-answer' }, text.slice(from, to)),
    );
    at = to;
  }
  return [...parts, text.slice(at)];
};
