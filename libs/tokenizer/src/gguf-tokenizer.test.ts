import { describe, expect, test } from 'vitest';
import { smolLm2 } from './fixtures.test-data.ts';
import { ggufTokenizer, ggufTurnIds } from './gguf-tokenizer.ts';
import { byteAlphabet } from './learn-merges.ts';

/** A vocabulary of bytes, a few merges, a control token, a user-defined one and one that is not in use. */
const small = (changes: Readonly<Record<string, unknown>> = {}) => {
  const learned = ['12', '123', 'Ġa', 'ab', '..'];
  const tokens = ['<|end|>', '<think>', '[PAD]', ...byteAlphabet, ...learned];
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': tokens.map((_, id) => [3, 4, 5][id] ?? 1),
    'tokenizer.ggml.merges': ['1 2', '12 3', 'Ġ a', 'a b', '. .'],
    'tokenizer.ggml.eos_token_id': 0n,
    ...changes,
  };
};

const pieces = (pre: string, text: string): string[] => {
  const tokenizer = ggufTokenizer(small({ 'tokenizer.ggml.pre': pre }));
  return Array.from(tokenizer.encode(text), (id) => tokenizer.decode(Int32Array.of(id)));
};

describe('SmolLM2', () => {
  const { metadata, encodings } = smolLm2();
  const tokenizer = ggufTokenizer(metadata);

  test('the ids are those of llama.cpp, for text of every kind', () => {
    expect(encodings.length).toBeGreaterThan(200);
    const different = encodings.filter(
      ([text, ids]) => JSON.stringify([...tokenizer.encode(text)]) !== JSON.stringify(ids),
    );
    expect(different).toEqual([]);
  });

  test('text survives, but for bytes that its vocabulary lacks: they are dropped', () => {
    const lost = encodings
      .map(([text]) => text)
      .filter((t) => tokenizer.decode(tokenizer.encode(t)) !== t);
    expect(lost).toEqual(['\u{40000}']);
    expect(tokenizer.decode(tokenizer.encode('a\u0004b'))).toBe('ab');
  });

  test('marks of turns are recognised in markup only', () => {
    const turn = '<|im_start|>user\n<|im_end|>';
    expect([...tokenizer.encodeMarkup(turn)].filter((id) => id < 17)).toEqual([1, 2]);
    expect([...tokenizer.encode(turn)].filter((id) => id < 17)).toEqual([]);
    expect(tokenizer.size).toBe(49_152);
    expect(ggufTurnIds(metadata)).toEqual({
      bos: 1,
      eos: 2,
      endOfTurn: null,
      padding: 2,
      addBos: false,
    });
  });
});

test('pre-tokenizers differ in how they cut digits, letters after a sign, and runs of signs', () => {
  expect(pieces('gpt-2', '1234')).toEqual(['123', '4']);
  expect(pieces('llama-bpe', '1234')).toEqual(['123', '4']);
  expect(pieces('smollm', '123')).toEqual(['1', '2', '3']);
  expect(pieces('qwen2', '123')).toEqual(['1', '2', '3']);
  expect(pieces('qwen2', ' ab')).toEqual([' a', 'b']);
  expect(pieces('default', 'ab..ab')).toEqual(['ab', '..', 'ab']);
});

test('user-defined tokens are tags: text when decoded; control tokens and turn marks are not', () => {
  const tokenizer = ggufTokenizer(small());
  expect(tokenizer.decode(tokenizer.encodeMarkup('<think>a<|end|>'))).toBe('<think>a');
  expect([...tokenizer.specials]).toEqual([
    ['<|end|>', 0],
    ['<think>', 1],
  ]);
  expect(ggufTurnIds(small())).toMatchObject({ bos: null, eos: 0, addBos: null });
  const typedNormal = ggufTokenizer(small({ 'tokenizer.ggml.eot_token_id': 2 }));
  expect(typedNormal.specials.get('[PAD]')).toBe(2);
});

test('what cannot be read is refused, with what to do', () => {
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.model': 'llama' }))).toThrow(
    /"llama"; only byte-level/,
  );
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.pre': 'tekken' }))).toThrow(
    /"tekken"; supported are/,
  );
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.pre': 'constructor' }))).toThrow(
    /supported are/,
  );
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.token_type': [1] }))).toThrow(
    /264 tokens, but 1 token types/,
  );
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.merges': ['q x'] }))).toThrow(
    /merge 0 names "qx"/,
  );
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.merges': ['qx'] }))).toThrow(/merge 0/);
  const twice = small()['tokenizer.ggml.tokens'].map((token, id) => (id === 3 ? '"' : token));
  expect(() => ggufTokenizer(small({ 'tokenizer.ggml.tokens': twice }))).toThrow(/has the ids/);
  expect(() => ggufTokenizer({})).toThrow(/tokenizer.ggml.model is undefined/);
});
