import { z } from 'zod';
import { ggufPreTokenizers } from './gguf-pre-tokenizers.ts';
import { renderTokenizerFile } from './render-tokenizer-file.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';
import type { AddedToken, TokenizerFile } from './tokenizer-file.ts';

/** llama.cpp's token types; the others (normal, unused, byte) are plain vocabulary. */
const unknown = 2;
const control = 3;
const userDefined = 4;

const tokenId = z.union([z.number(), z.bigint()]).transform(Number).pipe(z.number().int().min(0));
const optionalId = tokenId.nullish().transform((id) => id ?? null);

const metadataSchema = z.object({
  'tokenizer.ggml.model': z.string(),
  'tokenizer.ggml.pre': z.string().default('default'),
  'tokenizer.ggml.tokens': z.array(z.string()).min(1),
  'tokenizer.ggml.token_type': z.array(z.number().int()),
  'tokenizer.ggml.merges': z.array(z.string()),
  'tokenizer.ggml.bos_token_id': optionalId,
  'tokenizer.ggml.eos_token_id': optionalId,
  'tokenizer.ggml.eot_token_id': optionalId,
  'tokenizer.ggml.padding_token_id': optionalId,
  'tokenizer.ggml.add_bos_token': z.boolean().nullish(),
});

type Metadata = z.output<typeof metadataSchema>;

/** Checked first, so that a SentencePiece model is named as such and not as lacking merges. */
const assertByteLevel = (metadata: Readonly<Record<string, unknown>>): void => {
  const model = metadata['tokenizer.ggml.model'];
  const pre = metadata['tokenizer.ggml.pre'] ?? 'default';
  if (model !== 'gpt2') {
    throw new Error(
      `tokenizer.ggml.model is ${JSON.stringify(model)}; only byte-level BPE ("gpt2") is supported, not SentencePiece or WordPiece: use a SmolLM2, Qwen or Llama 3 file`,
    );
  }
  if (typeof pre !== 'string' || !Object.hasOwn(ggufPreTokenizers, pre)) {
    throw new Error(
      `tokenizer.ggml.pre is ${JSON.stringify(pre)}; supported are ${Object.keys(ggufPreTokenizers).join(', ')}`,
    );
  }
};

const parsed = (metadata: Readonly<Record<string, unknown>>): Metadata => {
  assertByteLevel(metadata);
  const result = metadataSchema.safeParse(metadata);
  if (!result.success) {
    throw new Error(`GGUF tokenizer metadata is damaged:\n${z.prettifyError(result.error)}`);
  }
  const tokens = result.data['tokenizer.ggml.tokens'].length;
  const types = result.data['tokenizer.ggml.token_type'].length;
  if (tokens === types) return result.data;
  throw new Error(`GGUF tokenizer metadata is damaged: ${tokens} tokens, but ${types} token types`);
};

/** Ids that mark turns, and what the model expects before a text. null: the file does not say. */
export type GgufTurnIds = {
  readonly bos: number | null;
  readonly eos: number | null;
  readonly endOfTurn: number | null;
  readonly padding: number | null;
  readonly addBos: boolean | null;
};

const turnIds = (metadata: Metadata): GgufTurnIds => ({
  bos: metadata['tokenizer.ggml.bos_token_id'],
  eos: metadata['tokenizer.ggml.eos_token_id'],
  endOfTurn: metadata['tokenizer.ggml.eot_token_id'],
  padding: metadata['tokenizer.ggml.padding_token_id'],
  addBos: metadata['tokenizer.ggml.add_bos_token'] ?? null,
});

/** Control tokens by their type, and those that mark turns whatever their type. */
const addedTokens = (metadata: Metadata): AddedToken[] => {
  const { bos, eos, endOfTurn, padding } = turnIds(metadata);
  const marks = new Set([bos, eos, endOfTurn, padding]);
  const types = metadata['tokenizer.ggml.token_type'];
  return metadata['tokenizer.ggml.tokens'].flatMap((content, id) => {
    const special = types[id] === control || types[id] === unknown || marks.has(id);
    return special || types[id] === userDefined ? [{ id, content, special }] : [];
  });
};

/** Tokens by id; GGUF lists them in that order. Throws where one stands there twice. */
const vocabulary = (tokens: readonly string[]): Map<string, number> => {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  if (ids.size === tokens.length) return ids;
  const twice = tokens.findIndex((token, id) => ids.get(token) !== id);
  throw new Error(
    `GGUF tokenizer metadata is damaged: token ${JSON.stringify(tokens[twice])} has the ids ${twice} and ${ids.get(tokens[twice]!)}`,
  );
};

const mergeOf = (merge: string): [string, string] => {
  const [left = '', right = ''] = merge.split(' ');
  return [left, right];
};

/** What a tokenizer.json would say. No normalisation, even where the original's has one: llama.cpp has none. */
const fileOf = (metadata: Metadata): TokenizerFile => {
  const { patterns, wholePieces = false } = ggufPreTokenizers[metadata['tokenizer.ggml.pre']]!;
  return {
    addedTokens: addedTokens(metadata),
    normalization: null,
    patterns,
    vocabulary: vocabulary(metadata['tokenizer.ggml.tokens']),
    merges: metadata['tokenizer.ggml.merges'].map(mergeOf),
    wholePieces,
  };
};

/**
 * The tokenizer of a GGUF file, from its metadata (flat keys, as in the file). The same ids as llama.cpp's, except
 * that plain text never becomes a user-defined token either. Throws for SentencePiece and unknown pre-tokenizers.
 */
export const ggufTokenizer = (metadata: Readonly<Record<string, unknown>>): Tokenizer =>
  loadTokenizer(renderTokenizerFile(fileOf(parsed(metadata))));

/** The ids that mark turns in a GGUF file's vocabulary. */
export const ggufTurnIds = (metadata: Readonly<Record<string, unknown>>): GgufTurnIds =>
  turnIds(parsed(metadata));
