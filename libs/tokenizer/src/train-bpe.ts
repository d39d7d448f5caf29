import { toByteLevel } from './byte-alphabet.ts';
import { pieceSplitter } from './encoder.ts';

import { byteAlphabet, learnMerges } from './learn-merges.ts';
import { longestOfPattern } from './literal-pattern.ts';
import { renderTokenizerFile } from './render-tokenizer-file.ts';
import type { SpecialToken } from './special-tokens.ts';
import type { Merge } from './tokenizer-file.ts';

/** GPT-2's pattern, but each digit is a piece of its own, so that numbers of any length are spelled alike. */
export const wordPattern =
  "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export type TrainOptions = {
  /** Most tokens, special ones and the 256 bytes included; fewer where the text runs out of pairs to merge. */
  readonly vocabularySize: number;
  /** They get the first ids, in this order. */
  readonly specialTokens: readonly SpecialToken[];
  /** Cuts text into pieces, across which nothing is merged; default: `wordPattern`. */
  readonly pattern?: string;
  /** Pairs that occur less often are not merged; default: 2. */
  readonly minimumFrequency?: number;
  /** Become one token each, whole, as they stand: ` Paris` after a space, `Paris` elsewhere; default: none. */
  readonly wholeWords?: readonly string[];
};

/** How often each piece occurs; special tokens in the text count as boundaries. */
const countPieces = (
  texts: Iterable<string>,
  split: (text: string) => string[],
  specialTokens: readonly SpecialToken[],
): Map<string, number> => {
  const anySpecial = new RegExp(longestOfPattern(specialTokens.map(({ content }) => content)));
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const stretch of text.toWellFormed().split(anySpecial)) {
      for (const piece of split(stretch)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
  }
  return counts;
};

const assertWords = (words: readonly string[], split: (text: string) => string[]): void => {
  for (const word of words) {
    const pieces = split(word.toWellFormed());
    if (pieces.length === 1 && pieces[0] === word) continue;
    throw new Error(
      `whole word ${JSON.stringify(word)} is cut into ${JSON.stringify(pieces)} by the pattern, so it cannot be one token; change one or the other`,
    );
  }
};

const assertSizes = ({ vocabularySize, specialTokens, wholeWords = [] }: TrainOptions): void => {
  const words = new Set(wholeWords).size;
  const least = byteAlphabet.length + specialTokens.length + words;
  if (Number.isInteger(vocabularySize) && vocabularySize >= least) return;
  throw new RangeError(
    `vocabularySize is ${vocabularySize}; it must be a whole number of at least ${least}: 256 bytes, ${specialTokens.length} special tokens and ${words} whole words`,
  );
};

/** Every token in the order of ids. Throws where a special token is empty, stands twice, or is what text becomes. */
const tokensInOrder = (
  specialTokens: readonly SpecialToken[],
  merges: readonly Merge[],
  words: readonly string[],
): string[] => {
  const plain = new Set([
    ...byteAlphabet,
    ...merges.map(([left, right]) => left + right),
    ...words.map(toByteLevel),
  ]);
  const specials = specialTokens.map(({ content }) => content);
  const wrong = specials.find(
    (content, i) => content === '' || plain.has(content) || specials.indexOf(content) !== i,
  );
  if (wrong === undefined) return [...specials, ...plain];
  throw new Error(
    `special token ${JSON.stringify(wrong)} is empty, stands twice, or is also a token of plain text; give it another spelling`,
  );
};

/**
 * Trains a byte-level BPE tokenizer and returns its tokenizer.json, which `loadTokenizer` and Python's tokenizers read.
 * The same texts and options give the same file, to the byte.
 */
export const trainBpe = (texts: Iterable<string>, options: TrainOptions): string => {
  const { vocabularySize, specialTokens, minimumFrequency = 2 } = options;
  const { pattern = wordPattern, wholeWords = [] } = options;
  assertSizes(options);
  const split = pieceSplitter([pattern]);
  assertWords(wholeWords, split);
  const words = [...new Set(wholeWords)];
  const tokens = vocabularySize - specialTokens.length - words.length;
  const counts = countPieces(texts, split, specialTokens);
  for (const word of words) counts.delete(word.toWellFormed());
  const merges = learnMerges(counts, { tokens, minimumFrequency });
  const contents = tokensInOrder(specialTokens, merges, words);
  return renderTokenizerFile({
    addedTokens: specialTokens.map((token, id) => ({ id, ...token })),
    normalization: null,
    patterns: [pattern],
    vocabulary: new Map(contents.map((content, id) => [content, id])),
    merges,
    wholePieces: words.length > 0,
  });
};
