import type { AddedToken, TokenizerFile } from './tokenizer-file.ts';

const renderAdded = (token: AddedToken) => ({
  ...token,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

/** The tokenizer.json of a checked file: what `parseTokenizerFile` reads, and Python's tokenizers too. */
export const renderTokenizerFile = (file: TokenizerFile): string => {
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  const pretokenizers = [
    ...file.patterns.map((Regex) => ({
      type: 'Split',
      pattern: { Regex },
      behavior: 'Isolated',
      invert: false,
    })),
    { ...bytes, use_regex: false },
  ];
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: file.addedTokens.map(renderAdded),
    normalizer: file.normalization && { type: file.normalization },
    pre_tokenizer: { type: 'Sequence', pretokenizers },
    post_processor: null,
    decoder: { ...bytes, use_regex: true },
    model: {
      type: 'BPE',
      ignore_merges: file.wholePieces,
      vocab: Object.fromEntries(file.vocabulary),
      merges: file.merges,
    },
  });
};
