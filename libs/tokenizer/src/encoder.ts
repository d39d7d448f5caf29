import * as untypedLibrary from '@huggingface/tokenizers';
import { longestOfPattern } from './literal-pattern.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** What is used of the library; its own declarations do not resolve under nodenext. */
type Library = {
  readonly Tokenizer: new (
    file: object,
    config: object,
  ) => { encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] } };
  readonly SplitPreTokenizer: new (config: object) => { pre_tokenize_text(text: string): string[] };
};

const library = untypedLibrary as unknown as Library;

/** Pieces whose ids are kept: enough for the words of a corpus, bounded in number and length. */
const keptPieces = 50_000;
const keptLength = 64;

/**
 * The model without its added tokens: neither their names, nor merges that would build them, nor an id for the
 * unknown. What is left cannot produce their ids, whatever the text.
 */
const unforgeableModel = ({ addedTokens, vocabulary, merges, wholePieces }: TokenizerFile) => {
  const added = new Set(addedTokens.map(({ content }) => content));
  return {
    type: 'BPE',
    vocab: Object.fromEntries([...vocabulary].filter(([token]) => !added.has(token))),
    merges: merges.filter(([left, right]) =>
      [left, right, left + right].every((token) => !added.has(token)),
    ),
    unk_token: null,
    ignore_merges: wholePieces,
  };
};

/** Cuts text by one pattern after another: matches and gaps both become pieces. */
export const pieceSplitter = (patterns: readonly string[]): ((text: string) => string[]) => {
  const splits = patterns.map(
    (Regex) =>
      new library.SplitPreTokenizer({
        type: 'Split',
        pattern: { Regex },
        behavior: 'Isolated',
        invert: false,
      }),
  );
  return (text) =>
    splits.reduce((pieces, split) => pieces.flatMap((p) => split.pre_tokenize_text(p)), [text]);
};

/** Ids of one piece, by the library's BPE. */
const pieceEncoder = (file: TokenizerFile): ((piece: string) => readonly number[]) => {
  const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
  const bpe = new library.Tokenizer(
    {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: bytes,
      post_processor: null,
      decoder: null,
      model: unforgeableModel(file),
    },
    {},
  );
  return (piece) => bpe.encode(piece, { add_special_tokens: false }).ids;
};

/**
 * Text to ids, added tokens left out of account. The library encodes one piece at a time, and each piece once: it is
 * slow on long texts with many short pieces.
 */
export const plainEncoder = (file: TokenizerFile): ((text: string) => number[]) => {
  const split = pieceSplitter(file.patterns);
  const encodePiece = pieceEncoder(file);
  const known = new Map<string, readonly number[]>();
  const idsOf = (piece: string): readonly number[] => {
    const ids = known.get(piece) ?? encodePiece(piece);
    if (piece.length > keptLength) return ids;
    if (known.size >= keptPieces) known.clear();
    known.set(piece, ids);
    return ids;
  };
  return (text) => {
    const wellFormed = text.toWellFormed();
    const normal = file.normalization ? wellFormed.normalize(file.normalization) : wellFormed;
    return split(normal).flatMap(idsOf);
  };
};

/** Text to ids, added tokens recognised: the longest one at each place, from left to right. */
export const markupEncoder = (
  { addedTokens }: TokenizerFile,
  encode: (text: string) => number[],
): ((text: string) => number[]) => {
  if (addedTokens.length === 0) return encode;
  const ids = new Map(addedTokens.map(({ content, id }) => [content, id]));
  const anyToken = new RegExp(`(${longestOfPattern([...ids.keys()])})`);
  return (text) =>
    text.split(anyToken).flatMap((part) => {
      const id = ids.get(part);
      return id === undefined ? encode(part) : [id];
    });
};
