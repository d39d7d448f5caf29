import { byteCharacters, toByteLevel } from './byte-alphabet.ts';
import { type Piece, pairCounts } from './pair-counts.ts';
import type { Merge } from './tokenizer-file.ts';

/** Every occurrence of the pair becomes `token`, from left to right. */
const mergePair = (
  symbols: readonly number[],
  left: number,
  right: number,
  token: number,
): number[] => {
  const merged: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const found = symbols[i] === left && symbols[i + 1] === right;
    merged.push(found ? token : symbols[i]!);
    if (found) i++;
  }
  return merged;
};

/** The alphabet in the order of its characters, which decides ties. */
export const byteAlphabet: readonly string[] = [...byteCharacters].sort();

export type LearnOptions = {
  /** Most tokens, the 256 of the alphabet among them. */
  readonly tokens: number;
  /** Rarer pairs are not merged. */
  readonly minimumFrequency: number;
};

/** Merges the pair in every piece that holds it. Returns by how much the count of each pair changed. */
const mergeEverywhere = (
  pieces: readonly Piece[],
  counts: ReturnType<typeof pairCounts>,
  [left, right, token]: readonly [number, number, number],
): Map<number, number> => {
  const changes = new Map<number, number>();
  for (const index of counts.takePieces(left, right)) {
    const piece = pieces[index]!;
    const was = piece.symbols;
    piece.symbols = mergePair(was, left, right, token);
    if (piece.symbols.length < was.length) counts.note(index, was, changes);
  }
  return changes;
};

/**
 * The merges of byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909), most urgent first: again and again, the
 * most frequent pair of neighbours becomes a token. Ties as in Hugging Face's trainer, so equal counts give equal merges.
 */
export const learnMerges = (
  pieceCounts: ReadonlyMap<string, number>,
  { tokens, minimumFrequency }: LearnOptions,
): Merge[] => {
  const contents = [...byteAlphabet];
  const ids = new Map(contents.map((content, id) => [content, id]));
  const pieces = Array.from(pieceCounts, ([text, count]): Piece => {
    return { symbols: Array.from(toByteLevel(text), (character) => ids.get(character)!), count };
  });
  const counts = pairCounts(pieces);
  const merges: Merge[] = [];
  while (contents.length < tokens) {
    const top = counts.next();
    if (top === undefined || top.count < minimumFrequency) break;
    const { left, right } = top;
    const content = contents[left]! + contents[right]!;
    const token = ids.get(content) ?? contents.push(content) - 1;
    ids.set(content, token);
    merges.push([contents[left]!, contents[right]!]);
    counts.apply(mergeEverywhere(pieces, counts, [left, right, token]));
  }
  return merges;
};
