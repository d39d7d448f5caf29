import { expect, test } from 'vitest';
import { labTokens, protocolTags, turnTokens } from './special-tokens.ts';
import { loadTokenizer } from './tokenizer.ts';
import { trainBpe } from './train-bpe.ts';

test('the tags are those that the protocols write', () => {
  expect([...protocolTags()].sort()).toEqual([
    '</end_search>',
    '</search_result>',
    '</think>',
    '<begin_search>',
    '<search_result>',
    '<think>',
  ]);
});

test('each tag is one token that decodes to itself; turn marks decode to nothing', () => {
  const tokenizer = loadTokenizer(
    trainBpe([], { vocabularySize: 300, specialTokens: labTokens() }),
  );
  for (const tag of protocolTags()) {
    const ids = tokenizer.encodeMarkup(tag);
    expect(ids).toHaveLength(1);
    expect(tokenizer.decode(ids)).toBe(tag);
  }
  for (const mark of Object.values(turnTokens)) {
    expect(tokenizer.encodeMarkup(mark)).toHaveLength(1);
    expect(tokenizer.decode(tokenizer.encodeMarkup(`a${mark}b`))).toBe('ab');
  }
  expect(tokenizer.size).toBe(256 + labTokens().length);
});
