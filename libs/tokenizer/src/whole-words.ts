import { toByteLevel } from './byte-alphabet.ts';
import type { Merge } from './tokenizer-file.ts';

const pairOf = (left: string, right: string): string => `${left} ${right}`;

/** Index of the neighbours whose merge comes first, or -1 where no merge applies. */
const firstMergeable = (
  symbols: readonly string[],
  rankOf: (left: string, right: string) => number,
): number => {
  const ranks = symbols.slice(1).map((right, i) => rankOf(symbols[i]!, right));
  const best = ranks.reduce((least, rank) => Math.min(least, rank), Infinity);
  return best === Infinity ? -1 : ranks.indexOf(best);
};

/**
 * The merges to append to `merges` so that each word becomes one token. Sound because a merge that is appended has the
 * last rank: whatever was merged before is merged as before, so neither text nor an earlier word's token can change.
 */
export const wholeWordMerges = (words: readonly string[], merges: readonly Merge[]): Merge[] => {
  const ranks = new Map(merges.map(([left, right], rank) => [pairOf(left, right), rank]));
  const rankOf = (left: string, right: string): number =>
    ranks.get(pairOf(left, right)) ?? Infinity;
  const appended: Merge[] = [];
  for (const word of words) {
    const symbols = Array.from(toByteLevel(word));
    while (symbols.length > 1) {
      const at = Math.max(0, firstMergeable(symbols, rankOf));
      const [left, right] = [symbols[at]!, symbols[at + 1]!];
      if (rankOf(left, right) === Infinity) {
        ranks.set(pairOf(left, right), merges.length + appended.length);
        appended.push([left, right]);
      }
      symbols.splice(at, 2, left + right);
    }
  }
  return appended;
};

/** Distinct tokens that merges make, by themselves. */
const tokensMade = (merges: readonly Merge[]): number =>
  new Set(merges.map(([left, right]) => left + right)).size;

/**
 * As many of the learned merges, from the first on, as leave room for what the words need; then the words' own.
 * `tokens` = most tokens that merges may make. Throws where the words alone need more.
 */
export const fitWholeWords = (
  learned: readonly Merge[],
  words: readonly string[],
  tokens: number,
): Merge[] => {
  const withWords = (kept: number): Merge[] => {
    const merges = learned.slice(0, kept);
    return [...merges, ...wholeWordMerges(words, merges)];
  };
  const fits = (kept: number): boolean => tokensMade(withWords(kept)) <= tokens;
  if (!fits(0)) {
    throw new RangeError(
      `${words.length} whole words need ${tokensMade(withWords(0))} tokens of their own, and there is room for ${Math.max(0, tokens)}; raise vocabularySize or name fewer words`,
    );
  }
  let [most, tooMany] = [0, learned.length + 1];
  while (tooMany - most > 1) {
    const middle = (most + tooMany) >> 1;
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return withWords(most);
};
