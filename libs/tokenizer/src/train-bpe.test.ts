import { seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { pythonTokenizers, smolLm2 } from './fixtures.test-data.ts';
import { learnMerges } from './learn-merges.ts';
import { labTokens } from './special-tokens.ts';
import { loadTokenizer } from './tokenizer.ts';
import { type TrainOptions, trainBpe } from './train-bpe.ts';

const train = (texts: readonly string[], changes: Partial<TrainOptions> = {}) =>
  trainBpe(texts, { vocabularySize: 300, specialTokens: labTokens(), ...changes });

const mergesOf = (json: string): string[] =>
  JSON.parse(json).model.merges.map((pair: string[]) => pair.join(' '));

test('merges by hand: Sennrich et al. (2016), figure 1', () => {
  const counts = new Map([
    ['low', 5],
    ['lowest', 2],
    ['newer', 6],
    ['wider', 3],
  ]);
  const merges = learnMerges(counts, { tokens: 256 + 4, minimumFrequency: 1 });
  // e r: 9 times; l o and o w: 7 each, and the smaller id wins; lo w: 7; e w, n e and w er: 6 each
  expect(merges.map((pair) => pair.join(' '))).toEqual(['e r', 'l o', 'lo w', 'e w']);
});

test('a run of one letter: overlapping pairs are merged from the left', () => {
  const merges = learnMerges(new Map([['aaaaa', 1]]), { tokens: 300, minimumFrequency: 1 });
  expect(merges).toEqual([
    ['a', 'a'],
    ['aa', 'a'],
    ['aa', 'aaa'],
  ]);
});

describe('beside Python', () => {
  const { merges, encodings } = pythonTokenizers();
  const texts = smolLm2().encodings.map(([text]) => text);

  test('the merges are those of its BpeTrainer, in order', () => {
    expect(mergesOf(train(texts, { vocabularySize: 640 }))).toEqual(merges);
  });

  test('it gives the same ids under the file we write', () => {
    const wholeWords = ['Paris', ' Paris', 'Zürich', ' Zürich', 'banana', ' banana'];
    const tokenizer = loadTokenizer(train(texts, { vocabularySize: 640, wholeWords }));
    const different = encodings.filter(
      ([text, ids]) => JSON.stringify([...tokenizer.encodeMarkup(text)]) !== JSON.stringify(ids),
    );
    expect(different).toEqual([]);
    expect(tokenizer.size).toBe(640);
  });
});

describe('whole words', () => {
  const wholeWords = [
    'ana',
    ' banana',
    'banana',
    ' Zürich',
    'bandana',
    'nanana',
    'ananas',
    ' 東京',
  ];
  const texts = ['the banana and the band in Zürich, and the nation of bananas'.repeat(3)];

  test('each becomes one token, in text of any kind, and other text survives', () => {
    const tokenizer = loadTokenizer(train(texts, { vocabularySize: 340, wholeWords }));
    for (const word of wholeWords) expect(tokenizer.encode(word)).toHaveLength(1);
    const text = 'In Zürich, banana bandana. 東京 (banana) "ana"';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    const banana = tokenizer.encode(' banana')[0];
    expect([...tokenizer.encode('a banana, a banana')].filter((id) => id === banana)).toHaveLength(
      2,
    );
  });

  test('each costs one token of the size that was asked for', () => {
    for (const vocabularySize of [280, 300, 340]) {
      const tokenizer = loadTokenizer(train(texts, { vocabularySize, wholeWords }));
      expect(tokenizer.size).toBeLessThanOrEqual(vocabularySize);
      expect(wholeWords.every((word) => tokenizer.encode(word).length === 1)).toBe(true);
    }
  });

  test('hold for many words that share parts', () => {
    const rng = seededRng(3);
    const letter = () => 'abno'[Math.floor(rng() * 4)];
    const made = Array.from({ length: 200 }, () =>
      Array.from({ length: 2 + Math.floor(rng() * 8) }, letter).join(''),
    );
    const names = [...new Set(made)].flatMap((name) => [name, ` ${name}`]);
    const tokenizer = loadTokenizer(train(texts, { vocabularySize: 700, wholeWords: names }));
    expect(names.filter((name) => tokenizer.encode(name).length !== 1)).toEqual([]);
  });
});

test('special tokens come first, and their text is not learned from', () => {
  const json = train(['<think>zq</think>zq<think>zq</think>'], { minimumFrequency: 1 });
  expect(mergesOf(json)).toEqual(['z q']);
  expect(loadTokenizer(json).specials.get('<|pad|>')).toBe(0);
});

test('the same texts give the same file; too little text gives fewer tokens', () => {
  const texts = ['a rose is a rose is a rose'];
  expect(train(texts)).toBe(train(texts));
  expect(loadTokenizer(train(texts)).size).toBeLessThan(300);
  expect(mergesOf(train(texts, { minimumFrequency: 99 }))).toEqual([]);
});

test('a million characters are learned from within seconds', () => {
  const rng = seededRng(1);
  const word = () => 'abcdefgh'.slice(Math.floor(rng() * 8)).repeat(1 + Math.floor(rng() * 3));
  const text = Array.from({ length: 100_000 }, word).join(' ');
  const tokenizer = loadTokenizer(train([text, 'x'.repeat(50_000)], { vocabularySize: 400 }));
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
});

test('misuse is refused, with what to do', () => {
  const special = (content: string) => ({ specialTokens: [{ content, special: true }] });
  expect(() => train([], { vocabularySize: 200 })).toThrow(
    /vocabularySize is 200; .* at least 266/,
  );
  expect(() => train([], { vocabularySize: 256.5 })).toThrow(RangeError);
  expect(() => train([], { wholeWords: ['New York'] })).toThrow(
    /"New York" is cut into \["New"," York"\]/,
  );
  expect(() => train([], { wholeWords: [''] })).toThrow(/whole word ""/);
  expect(() => train([], { vocabularySize: 266, wholeWords: ['abc'] })).toThrow(
    /at least 267: 256 bytes, 10 special tokens and 1 whole words/,
  );
  expect(() => train([], special('a'))).toThrow(/special token "a"/);
  expect(() => train([], { ...special('Paris'), wholeWords: ['Paris'] })).toThrow(
    /another spelling/,
  );
  const token = { content: '<a>', special: false };
  expect(() => train([], { specialTokens: [token, token] })).toThrow(/stands twice/);
});
