import { seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { byteCharacters, toByteLevel } from './byte-alphabet.ts';
import { smolLm2 } from './fixtures.test-data.ts';
import { byteAlphabet } from './learn-merges.ts';
import { labTokens } from './special-tokens.ts';
import { loadTokenizer } from './tokenizer.ts';
import { trainBpe } from './train-bpe.ts';

const texts = smolLm2().encodings.map(([text]) => text);
const json = trainBpe(texts, { vocabularySize: 700, specialTokens: labTokens() });
const trained = loadTokenizer(json);

/** The trained file, changed. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON document, to be damaged in any way
const changed = (change: (file: any) => void): string => {
  const file = JSON.parse(json);
  change(file);
  return JSON.stringify(file);
};

describe('text to ids and back', () => {
  test('every well-formed text survives', () => {
    for (const text of texts) expect(trained.decode(trained.encode(text))).toBe(text);
    const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
    expect(trained.decode(trained.encode(every))).toBe(every);
    expect(trained.encode('')).toEqual(new Int32Array());
    expect(trained.decode(new Int32Array())).toBe('');
  });

  test('lone surrogates become U+FFFD', () => {
    expect(trained.decode(trained.encode('\ud800 half \udc00'))).toBe('\ufffd half \ufffd');
  });

  test('bytes show where a character is incomplete', () => {
    const ids = trained.encode('🧿');
    const bytes = [...ids].flatMap((id) => [...trained.decodeBytes(Int32Array.of(id))]);
    expect(bytes).toEqual([0xf0, 0x9f, 0xa7, 0xbf]);
    expect(trained.decode(ids.slice(0, 1))).toBe('\ufffd');
  });

  test('ids outside the vocabulary are refused', () => {
    for (const id of [-1, trained.size, 1e9]) {
      expect(() => trained.decode(Int32Array.of(id))).toThrow(RangeError);
    }
    expect(() => trained.decode(Int32Array.of(700))).toThrow('token id 700');
  });

  test('long runs do not take quadratic time', () => {
    for (const text of ['x'.repeat(100_000), ' '.repeat(100_000), '9'.repeat(100_000)]) {
      expect(trained.decode(trained.encode(text))).toBe(text);
    }
    const passage = texts.join('\n').repeat(200).slice(0, 1_000_000);
    expect(trained.decode(trained.encode(passage)).length).toBe(1_000_000);
  });

  test('bytes have the stand-ins of GPT-2', () => {
    expect(toByteLevel(' é\n')).toBe('ĠÃ©Ċ');
    expect(new Set(byteCharacters).size).toBe(256);
    expect(byteCharacters[0xad]).toBe('Ń');
  });

  test('the fingerprint is that of the file', () => {
    expect(trained.json).toBe(json);
    expect(trained.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(loadTokenizer(`${json}\n`).fingerprint).not.toBe(trained.fingerprint);
  });
});

describe('plain text cannot forge added tokens', () => {
  const forged = (tokenizer: typeof trained, text: string): number[] => {
    const ids = new Set(tokenizer.specials.values());
    return [...tokenizer.encode(text)].filter((id) => ids.has(id));
  };

  test('whatever it is made of', () => {
    const rng = seededRng(5);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(rng() * items.length)]!;
    const contents = labTokens().map(({ content }) => content);
    const joints = ['', ' ', '\n', '\u200b', '\ufeff', '<', '>', 'Ġ', '\u0301', '\ud800', '😀'];
    for (let round = 0; round < 300; round++) {
      const parts = Array.from({ length: 6 }, () => {
        const content = pick(contents);
        const cut = Math.floor(rng() * content.length);
        return pick([content, content.slice(0, cut), content.slice(cut), content.toUpperCase()]);
      });
      const text = parts.map((part) => part + pick(joints)).join('');
      expect(forged(trained, text)).toEqual([]);
      expect(trained.decode(trained.encode(text))).toBe(text.toWellFormed());
    }
  });

  test('nor do texts that meet: they are encoded apart', () => {
    const ids = [...trained.encode('<thi'), ...trained.encode('nk>')];
    expect(trained.decode(Int32Array.from(ids))).toBe('<think>');
    expect(ids).not.toContain(trained.specials.get('<think>'));
  });

  test('even under a file whose merges, whole pieces or unknown token lead there', () => {
    const hostile = changed((file) => {
      file.pre_tokenizer = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
      file.model.ignore_merges = true;
      file.model.unk_token = '<think>';
      let built = '<';
      for (const character of 'think>') {
        file.model.merges.push([built, character]);
        built += character;
        file.model.vocab[built] ??= Object.keys(file.model.vocab).length;
      }
      delete file.model.vocab.Ā;
    });
    const tokenizer = loadTokenizer(hostile);
    for (const text of ['<think>', 'a<think>b', '\u0000', '<think', '</think>']) {
      expect(forged(tokenizer, text)).toEqual([]);
    }
    expect(tokenizer.decode(tokenizer.encode('a<think>b'))).toBe('a<think>b');
    expect(tokenizer.encodeMarkup('<think>')).toHaveLength(1);
  });

  test('nor does normalisation, nor text that looks like the stand-ins of bytes', () => {
    const id = 5000;
    const tokenizer = loadTokenizer(
      changed((file) => {
        file.normalizer = { type: 'NFC' };
        file.added_tokens.push({ id, content: 'café', special: true });
        file.added_tokens.push({ id: id + 1, content: 'ĠÃ©', special: true });
      }),
    );
    for (const text of ['café', 'cafe\u0301', ' é', 'ĠÃ©'])
      expect(forged(tokenizer, text)).toEqual([]);
    expect(tokenizer.decode(tokenizer.encode('e\u0301'))).toBe('é');
    expect(tokenizer.size).toBe(id + 2);
    expect(() => tokenizer.decode(Int32Array.of(4000))).toThrow(RangeError);
  });
});

test('markup: the longest token at each place, the rest as plain text', () => {
  const tokenizer = loadTokenizer(
    changed((file) => {
      file.added_tokens.push({ id: 800, content: '<think>\n', special: false });
    }),
  );
  const ids = [...tokenizer.encodeMarkup('<think>\nIt is.<|im_end|><think>')];
  const { specials } = tokenizer;
  const plain = [...tokenizer.encode('It is.')];
  expect(ids).toEqual([800, ...plain, specials.get('<|im_end|>'), specials.get('<think>')]);
});

test('pre-tokenizers of other files say the same in other words', () => {
  const ids = (pretokenizers: readonly object[]) =>
    loadTokenizer(
      changed((file) => {
        file.pre_tokenizer = { type: 'Sequence', pretokenizers };
      }),
    ).encode(' the 12\u0085 ½ 3\n\n a.b');
  const bytes = { type: 'ByteLevel', add_prefix_space: false };
  const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated' });
  const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  const digits = { type: 'Digits', individual_digits: true };
  expect(ids([digits, bytes])).toEqual(
    ids([split('\\p{N}'), split(gpt2), { ...bytes, use_regex: false }]),
  );
  const dot = { type: 'Split', pattern: { String: '.' }, behavior: 'Isolated' };
  expect(ids([dot, bytes])).toEqual(ids([split('\\.'), bytes]));
});

test('a file that is damaged or of another kind is refused', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document, to be damaged in any way
  const load = (change: (file: any) => void) => () => loadTokenizer(changed(change));
  expect(() => loadTokenizer('{"model":')).toThrow(/is no JSON/);
  expect(() => loadTokenizer('{}')).toThrow(/not a byte-level BPE/);
  expect(load((file) => (file.model.type = 'Unigram'))).toThrow(/only BPE models/);
  expect(load((file) => (file.decoder = { type: 'Metaspace' }))).toThrow(/only byte-level/);
  expect(load((file) => (file.model.byte_fallback = true))).toThrow(/byte_fallback/);
  expect(load((file) => (file.model.vocab.a = -1))).toThrow(/whole numbers/);
  expect(load((file) => (file.model.vocab.a = 2 ** 31))).toThrow(/whole numbers/);
  expect(load((file) => (file.model.vocab.a = file.model.vocab.b))).toThrow(/one to one/);
  expect(load((file) => (file.added_tokens[0].id = 99))).toThrow(/one to one/);
  const byte = (id: number) => ({ id, content: 'a', special: true });
  expect(load((file) => file.added_tokens.push(byte(file.model.vocab.a)))).toThrow(/of a byte/);
  expect(load((file) => file.model.merges.push(['a', '日']))).toThrow(/names "日"/);
  expect(load((file) => file.model.merges.push('a b c'))).toThrow(/not two tokens/);
  expect(load((file) => (file.normalizer = { type: 'Lowercase' }))).toThrow(/NFC is the only/);
  expect(load((file) => (file.added_tokens[0].lstrip = true))).toThrow(/lstrip/);
  expect(load((file) => (file.pre_tokenizer = null))).toThrow(/pre_tokenizer is not supported/);
  expect(
    load((file) => (file.pre_tokenizer = { type: 'Digits', individual_digits: true })),
  ).toThrow(/end with ByteLevel/);
});

test('the alphabet has every byte once', () => {
  expect(new Set(byteAlphabet)).toEqual(new Set(byteCharacters));
});
