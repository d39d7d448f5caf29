import { createHash } from 'node:crypto';
import { tokenBytes } from './byte-alphabet.ts';
import { markupEncoder, plainEncoder } from './encoder.ts';
import { parseTokenizerFile, type TokenizerFile } from './tokenizer-file.ts';

/** Text to ids and back. */
export type Tokenizer = {
  /** Largest id + 1: the rows that an embedding needs. */
  readonly size: number;
  /** Every added token, control token or protocol tag: content -> id. */
  readonly specials: ReadonlyMap<string, number>;
  /** Ids of text from anywhere: never an added token's, whatever the text holds. */
  encode(text: string): Int32Array;
  /** Ids of trusted text, in which added tokens are recognised. */
  encodeMarkup(text: string): Int32Array;
  /** Control tokens are left out, protocol tags are text, broken UTF-8 becomes U+FFFD. Throws for unknown ids. */
  decode(ids: Int32Array): string;
  /** As `decode`, before UTF-8 is read: a sampler sees here whether a character is still incomplete. */
  decodeBytes(ids: Int32Array): Uint8Array;
  /** The tokenizer.json that it was loaded from. */
  readonly json: string;
  /** sha256 of `json`, in hex. */
  readonly fingerprint: string;
};

const utf8 = new TextEncoder();
const nothing = new Uint8Array();

/** id -> the bytes of its token in decoded text; no entry where no token has that id. */
const bytesOfTokens = ({ vocabulary, addedTokens }: TokenizerFile): Map<number, Uint8Array> =>
  new Map([
    ...[...vocabulary].map(([token, id]) => [id, tokenBytes(token)] as const),
    ...addedTokens.map(
      ({ id, content, special }) => [id, special ? nothing : utf8.encode(content)] as const,
    ),
  ]);

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/**
 * Loads a tokenizer.json of the byte-level BPE kind (GPT-2, SmolLM2, Qwen, Llama 3, and what `trainBpe` writes).
 * Decoding what was encoded gives the text back, lone surrogates apart (they become U+FFFD), where the file has no
 * normaliser and a token for every byte; bytes without one are dropped, as llama.cpp does (SmolLM2 lacks U+0004).
 */
export const loadTokenizer = (json: string): Tokenizer => {
  const file = parseTokenizerFile(json);
  const bytes = bytesOfTokens(file);
  const size = [...bytes.keys()].reduce((largest, id) => Math.max(largest, id), -1) + 1;
  const encode = plainEncoder(file);
  const encodeMarkup = markupEncoder(file, encode);
  const text = new TextDecoder('utf-8', { ignoreBOM: true });
  const decodeBytes = (ids: Int32Array): Uint8Array =>
    joined(
      Array.from(ids, (id) => {
        const token = bytes.get(id);
        if (token) return token;
        throw new RangeError(`token id ${id} is not in the vocabulary of ${size} tokens`);
      }),
    );
  return {
    size,
    specials: new Map(file.addedTokens.map(({ content, id }) => [content, id])),
    encode: (plain) => Int32Array.from(encode(plain)),
    encodeMarkup: (trusted) => Int32Array.from(encodeMarkup(trusted)),
    decode: (ids) => text.decode(decodeBytes(ids)),
    decodeBytes,
    json,
    fingerprint: createHash('sha256').update(json).digest('hex'),
  };
};
