import { z } from 'zod';
import { byteCharacters } from './byte-alphabet.ts';
import { splitPatterns } from './split-patterns.ts';

/** A token that text never becomes by itself. `special`: a control token, left out of decoded text. */
export type AddedToken = {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
};

export type Merge = readonly [string, string];

/** A byte-level BPE tokenizer.json, checked and in the shape that the encoder needs. */
export type TokenizerFile = {
  readonly addedTokens: readonly AddedToken[];
  /** Unicode normalisation of plain text; null: none, and every string survives encoding. */
  readonly normalization: 'NFC' | null;
  /** Regular expressions, applied one after another: each match, and each gap, becomes a piece of its own. */
  readonly patterns: readonly string[];
  /** Byte-level token -> id. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Most urgent first. */
  readonly merges: readonly Merge[];
  /** A piece that is in the vocabulary becomes that token, whatever the merges say (Llama 3). */
  readonly wholePieces: boolean;
};

/** Far above any vocabulary in use; keeps a hostile file from allocating gigabytes. */
const largestId = 4_000_000;

const id = z.number().int().min(0).max(largestId);
const off = z.union([z.null(), z.literal(false), z.literal(0), z.literal('')]).optional();

const isVocabulary = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((each) => Number.isInteger(each) && each >= 0 && each <= largestId);

const addedToken = z.object({
  id,
  content: z.string().min(1),
  special: z.boolean().default(false),
  single_word: off,
  lstrip: off,
  rstrip: off,
});

const fileSchema = z.object({
  added_tokens: z.array(addedToken).default([]),
  normalizer: z
    .object({ type: z.literal('NFC', 'NFC is the only normaliser supported') })
    .nullish(),
  pre_tokenizer: z.unknown(),
  decoder: z.object({ type: z.literal('ByteLevel', 'only byte-level tokenizers are supported') }),
  model: z.object({
    type: z.literal('BPE', 'only BPE models are supported').default('BPE'),
    vocab: z.custom<Record<string, number>>(
      isVocabulary,
      `must map tokens to whole numbers from 0 to ${largestId}`,
    ),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    dropout: off,
    continuing_subword_prefix: off,
    end_of_word_suffix: off,
    byte_fallback: off,
    ignore_merges: z.boolean().default(false),
  }),
});

const parsed = (json: string): z.output<typeof fileSchema> => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Error(`tokenizer.json (${json.length} characters) is no JSON; fetch it again`, {
      cause,
    });
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(
    `tokenizer.json is not a byte-level BPE tokenizer that can be loaded:\n${z.prettifyError(result.error)}`,
  );
};

/** Two tokens with one id could not be told apart in decoding, nor one token with two ids in encoding. */
const assertOneToOne = (tokens: Iterable<readonly [string, number]>): void => {
  const contents = new Map<number, string>();
  const ids = new Map<string, number>();
  for (const [content, id] of tokens) {
    const [other, otherId] = [contents.get(id) ?? content, ids.get(content) ?? id];
    if (other !== content || otherId !== id) {
      throw new Error(
        `tokenizer.json: ids and tokens do not match one to one: ${JSON.stringify(other)} has id ${otherId}, ${JSON.stringify(content)} has id ${id}`,
      );
    }
    contents.set(id, content);
    ids.set(content, id);
  }
};

/** Plain text would lose such a byte, because it must not become an added token. */
const assertNoByteAdded = (addedTokens: readonly AddedToken[]): void => {
  const byte = addedTokens.find(({ content }) => byteCharacters.includes(content));
  if (byte === undefined) return;
  throw new Error(
    `tokenizer.json: added token ${JSON.stringify(byte.content)} (id ${byte.id}) is also the token of a byte, which text needs; name it otherwise`,
  );
};

const mergeOf = (merge: string | [string, string], rank: number): Merge => {
  const [left, right, ...rest] = typeof merge === 'string' ? merge.split(' ') : merge;
  if (left && right && rest.length === 0) return [left, right];
  throw new Error(`tokenizer.json: merge ${rank} is ${JSON.stringify(merge)}, not two tokens`);
};

const assertMergesKnown = (
  merges: readonly Merge[],
  vocabulary: ReadonlyMap<string, number>,
): void => {
  for (const [rank, [left, right]] of merges.entries()) {
    const unknown = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (unknown === undefined) continue;
    throw new Error(
      `tokenizer.json: merge ${rank} names ${JSON.stringify(unknown)}, which is not in its vocabulary of ${vocabulary.size} tokens`,
    );
  }
};

/** Reads and checks a tokenizer.json, which may come from anywhere. Throws where it is damaged or of another kind. */
export const parseTokenizerFile = (json: string): TokenizerFile => {
  const { added_tokens, normalizer, pre_tokenizer, model } = parsed(json);
  const vocabulary = new Map(Object.entries(model.vocab));
  const addedTokens = added_tokens.map(({ id, content, special }) => ({ id, content, special }));
  const merges = model.merges.map(mergeOf);
  assertOneToOne([...vocabulary, ...addedTokens.map((t) => [t.content, t.id] as const)]);
  assertNoByteAdded(addedTokens);
  assertMergesKnown(merges, vocabulary);
  return {
    addedTokens,
    normalization: normalizer?.type ?? null,
    patterns: splitPatterns(pre_tokenizer),
    vocabulary,
    merges,
    wholePieces: model.ignore_merges,
  };
};
