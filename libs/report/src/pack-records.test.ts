import type { RunRecord, Step, TokenSequence } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { letterOf, logprobCode, logprobOf, numberOf } from './client/packed.ts';
import type { TrajectoryView } from './client/payload.ts';
import { packedSource } from './client/source.ts';
import { packRecords, type TokenTextsOf } from './pack-records.ts';
import {
  action,
  answer,
  byteTexts,
  failure,
  question,
  record,
  type Stretch,
  tokensOf,
} from './records.test-data.ts';
import { sharedTexts } from './shared-texts.ts';
import { tokenTexts } from './token-texts.ts';
import { trajectoryView } from './trajectory-view.ts';

const textsOf: TokenTextsOf = () => byteTexts;

const observed = 'result 1: "Seine"\nIt ends at Le Havre — a port 🚢.';
const steps: Step[] = [
  { kind: 'think', text: 'Wo mündet die Seine?' },
  action,
  { kind: 'observation', text: observed, passageIds: ['atlas-1-river-5'], failure: null },
  { kind: 'think', text: 'It is told.' },
  answer('Le Havre'),
];
const parts: Stretch[] = [
  ['given', 'Question: Where does the Seine end?\n<think>\n'],
  ['sampled', ' Wo mündet die Seine? <begin_search> seine mouth </end_search>'],
  ['observation', `\n<search_result> ${observed} </search_result>\n`],
  ['sampled', 'It is told.'],
  ['given', '\n</think>\n\\boxed{'],
  ['sampled', 'Le Havre}'],
];

const withTokens = (tokens: TokenSequence): RunRecord => record({ steps, tokens });

const sourceOf = (records: readonly RunRecord[], texts = textsOf) => {
  const blocks = new Map([...packRecords(records, texts)].map((b) => [b.name, b.packed]));
  return { source: packedSource(async (name) => blocks.get(name) ?? null), blocks };
};

const rolloutOf = (view: TrajectoryView | undefined) => {
  if (view?.ended.kind !== 'rollout') throw new Error('no rollout');
  return view.ended;
};

const tokensShown = (view: TrajectoryView | undefined) => {
  const { tokens } = rolloutOf(view);
  if (tokens.kind === 'none') throw new Error(tokens.reason);
  return tokens;
};

describe('what is packed', () => {
  const records = [
    ...Array.from({ length: 60 }, (_, i) =>
      record({
        question: question({ id: `q${i}` }),
        steps,
        metrics: { exactMatch: i % 2, f: null },
      }),
    ),
    failure('gone <b>'),
    withTokens(tokensOf(parts)),
  ];
  const { source, blocks } = sourceOf(records);

  test('comes back as it was, whichever chunk it stands in', async () => {
    for (const number of [0, 49, 50, 60]) {
      expect(await source.view(number)).toEqual(trajectoryView(records[number]!, byteTexts));
    }
    expect(await source.view(62)).toBeUndefined();
    expect(await source.view(4000)).toBeUndefined();
  });

  test('tokens too, log-probabilities as fine as a byte keeps them', async () => {
    const shown = tokensShown(await source.view(61));
    const told = tokensShown(trajectoryView(records[61]!, byteTexts));
    expect({ ...shown, logprobs: [] }).toEqual({ ...told, logprobs: [] });
    shown.logprobs.forEach((value, i) => {
      const exact = told.logprobs[i]!;
      if (exact === null) expect(value).toBeNull();
      else expect(Math.abs(value! - exact)).toBeLessThan(0.025 * Math.sqrt(-exact) + 0.0002);
    });
  });

  test('a passage that sixty trajectories hold is stored once', () => {
    const many = [...blocks.values()].reduce((sum, packed) => sum + packed.length, 0);
    const one = [...sourceOf(records.slice(0, 1)).blocks.values()].reduce(
      (n, p) => n + p.length,
      0,
    );
    expect(many).toBeLessThan(5 * one);
  });
});

test('shared texts forget when they are many, and stay right', () => {
  const shared = sharedTexts(100);
  const texts = Array.from({ length: 600 }, (_, i) => `a text of its own, number ${i % 150}`);
  const numbers = texts.map((text) => shared.share(text));
  const all = [...shared.full(), ...shared.rest()];
  expect(all.length).toBeGreaterThan(1);
  expect(new Set(numbers).size).toBeGreaterThan(150);
  expect(shared.share('short')).toBe('short');
});

describe('log-probabilities in a byte', () => {
  test.each([0, -1e-7, -0.001, -0.1, -1, -5, -17.3, -40])('%d', (value) => {
    const read = logprobOf(logprobCode(value))!;
    expect(Math.abs(read - value)).toBeLessThanOrEqual(0.025 * Math.sqrt(-value) + 0.0002);
  });

  test('what is not told stays so, minus infinity is far away', () => {
    expect(logprobOf(logprobCode(null))).toBeNull();
    expect(logprobOf(logprobCode(Number.NEGATIVE_INFINITY))).toBeCloseTo(-40.3, 1);
  });

  test('letters hold any number of a vocabulary', () => {
    for (const number of [0, 255, 0xd7ff - 0x23, 0xd800 - 0x23, 151_935, 1_000_000]) {
      expect(numberOf(letterOf(number))).toBe(number);
    }
  });
});

describe('what a token is part of', () => {
  const partsShown = async (made: RunRecord): Promise<string[]> => {
    const { texts, kinds, sources } = tokensShown(await sourceOf([made]).source.view(0));
    const joined: [string, string][] = [];
    texts.forEach((text, i) => {
      const name = `${kinds[i]}/${sources[i]}`;
      if (joined.at(-1)?.[0] === name) joined.at(-1)![1] += text;
      else joined.push([name, text]);
    });
    return joined.map(([name, text]) => `${name}: ${text}`);
  };

  test('tags and labels belong to what they open; forced words are given', async () => {
    expect(await partsShown(withTokens(tokensOf(parts)))).toEqual([
      'prompt/given: Question: Where does the Seine end?\n<think>\n',
      'think/sampled:  Wo mündet die Seine?',
      'action/sampled:  <begin_search> seine mouth </end_search>',
      `observation/observation: \n<search_result> ${observed} </search_result>\n`,
      'think/sampled: It is told.',
      'answer/given: \n</think>\n\\boxed{',
      'answer/sampled: Le Havre}',
    ]);
  });

  test('a control token is shown, and is no part of the text', async () => {
    const tokens = tokensOf([...parts.slice(0, 5), ['sampled', 'Le ~Havre}']]);
    const ids = tokens.ids.map((id) => (id === '~'.codePointAt(0) ? 256 : id));
    const shown = await partsShown(withTokens({ ...tokens, ids }));
    expect(shown.at(-1)).toBe('answer/sampled: Le <|end|>Havre}');
  });

  test('a tokenizer that is another one is noticed, and said', async () => {
    const wrong: TokenTextsOf = () =>
      tokenTexts((id) => ({ bytes: Uint8Array.of((id + 1) % 128), control: false }));
    const { source } = sourceOf([withTokens(tokensOf(parts))], wrong);
    expect(rolloutOf(await source.view(0)).tokens).toEqual({
      kind: 'none',
      reason: expect.stringContaining('another one'),
    });
  });

  test('ids beyond the vocabulary are no crash', async () => {
    const tokens = tokensOf(parts);
    tokens.ids[3] = 9999;
    const { source } = sourceOf([withTokens(tokens)]);
    expect(rolloutOf(await source.view(0)).tokens.kind).toBe('none');
  });
});
