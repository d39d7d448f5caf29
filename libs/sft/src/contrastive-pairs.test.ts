import type { Rollout } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { contrastivePairs } from './contrastive-pairs.ts';
import { commonPrefix, type PairOptions } from './pair-candidates.ts';
import { isRight } from './rejection.ts';
import { people, questionOf } from './toy-world.test-data.ts';

const [person, other] = people(2) as [ReturnType<typeof people>[0], ReturnType<typeof people>[0]];
const question = questionOf(person);

/** A rollout written as tokens: p = prompt, o = observation, f = forced, the rest the policy's; ids are char codes. */
const rolloutOf = (
  marked: string,
  ids: string,
  { right = false, stop = 'answered' as Rollout['trajectory']['stop'], of = question } = {},
): Rollout => ({
  trajectory: {
    question: of,
    protocol: 'coa@1',
    steps: [{ kind: 'answer', text: right ? of.golds[0]! : 'wrong' }],
    stop,
  },
  tokens: {
    ids: Int32Array.from(ids, (c) => c.charCodeAt(0)),
    promptMask: Uint8Array.from(marked, (c) => Number(c === 'p' || c === 'f')),
    observationMask: Uint8Array.from(marked, (c) => Number(c === 'o')),
    logprobs: new Float32Array(ids.length),
  },
  usage: { promptTokens: 0, completionTokens: 0, requests: 1 },
});

const options: PairOptions = {
  isRight,
  endOfTurn: Int32Array.of(36),
  maxTokens: 100,
  minShared: 0,
  perQuestion: 1,
  balance: false,
  most: null,
  seed: 1,
};

const text = (ids: Int32Array): string => String.fromCharCode(...ids);

const tool = rolloutOf('pp...oo..', 'QQabsOOxy', { right: true });
const memory = rolloutOf('pp.....', 'QQabmnn');

describe('the cut', () => {
  test('is the longest common prefix; each way on keeps its masks and ends its turn', () => {
    const { pairs, counts } = contrastivePairs([tool, memory], options);
    expect(counts).toEqual({ 'tool-right': 1, 'memory-right': 0 });
    const [{ kind, context, chosen, rejected }] = pairs as [(typeof pairs)[0]];
    expect(kind).toBe('tool-right');
    expect(text(context)).toBe('QQab');
    expect(text(chosen.ids)).toBe('sOOxy$');
    expect([...chosen.observationMask]).toEqual([0, 1, 1, 0, 0, 0]);
    expect([...chosen.promptMask]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(text(rejected.ids)).toBe('mnn$');
    expect([...rejected.observationMask]).toEqual([0, 0, 0, 0]);
  });

  test('the other kind: memory right, tool wrong; the order of the rollouts does not matter', () => {
    const wrong = rolloutOf('pp...oo..', 'QQabsOOxy');
    const right = rolloutOf('pp.....', 'QQabmnn', { right: true });
    for (const pair of [
      [wrong, right],
      [right, wrong],
    ]) {
      const { pairs } = contrastivePairs(pair, options);
      expect(pairs.map(({ kind }) => kind)).toEqual(['memory-right']);
      expect(text(pairs[0]!.chosen.ids)).toBe('mnn$');
    }
  });

  test('a search that both made before they part lies in the context', () => {
    const twice = rolloutOf('pp.oo.oo.', 'QQsOOtPPx', { right: true });
    const once = rolloutOf('pp.oo..', 'QQsOOmn');
    const { pairs } = contrastivePairs([twice, once], options);
    expect(text(pairs[0]!.context)).toBe('QQsOO');
    expect(pairs[0]!.kind).toBe('tool-right');
    const wrong = rolloutOf('pp.oo.oo.', 'QQsOOtPPx');
    const right = rolloutOf('pp.oo..', 'QQsOOmn', { right: true });
    expect(contrastivePairs([wrong, right], options).pairs[0]!.kind).toBe('memory-right');
  });

  test('commonPrefix', () => {
    expect(commonPrefix([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(commonPrefix([1, 2], [1, 2, 4])).toBe(2);
    expect(commonPrefix([], [1])).toBe(0);
  });
});

test.each<[string, Rollout, Rollout, Partial<PairOptions>]>([
  ['no-tokens', tool, { ...memory, tokens: null }, {}],
  ['not-answered', tool, rolloutOf('pp..ff.', 'QQabFFn', { stop: 'length' }), {}],
  ['same-outcome', tool, rolloutOf('pp.....', 'QQabmnn', { right: true }), {}],
  [
    'identical',
    rolloutOf('pp..', 'QQab', { right: true }),
    rolloutOf('pp..', 'QQab'),
    { endOfTurn: new Int32Array() },
  ],
  ['prompts-differ', tool, rolloutOf('pp.....', 'QRabmnn'), {}],
  ['prompts-differ', tool, rolloutOf('ppp....', 'QQabmnn'), {}],
  ['cut-in-observation', tool, rolloutOf('pp...oo..', 'QQabsOPxy'), {}],
  ['same-use', tool, rolloutOf('pp...oo..', 'QQaksOOxy'), {}],
  ['short-prefix', tool, memory, { minShared: 3 }],
  ['too-long', tool, memory, { maxTokens: 9 }],
])('%s', (reason, a, b, changes) => {
  const { pairs, rejections } = contrastivePairs([a, b], { ...options, ...changes });
  expect(pairs).toEqual([]);
  expect(Object.entries(rejections).filter(([, count]) => count > 0)).toEqual([[reason, 1]]);
});

test('rollouts of different questions are never paired', () => {
  const elsewhere = rolloutOf('pp.....', 'QQabmnn', { of: questionOf(other) });
  const { pairs, rejections } = contrastivePairs([tool, elsewhere], options);
  expect(pairs).toEqual([]);
  expect(Object.values(rejections).every((count) => count === 0)).toBe(true);
});

test('of many, the pair with the longest shared prefix is kept; no rollout serves twice', () => {
  const rollouts = [
    tool,
    rolloutOf('pp.....', 'QQkmmnn'),
    memory,
    rolloutOf('pp.....', 'QQakknn'),
    rolloutOf('pp...oo..', 'QQakqOOxy', { right: true }),
  ];
  const one = contrastivePairs(rollouts, options);
  expect(one.pairs.map(({ context }) => text(context))).toEqual(['QQab']);
  const more = contrastivePairs(rollouts, { ...options, perQuestion: 9 });
  expect(more.pairs.map(({ context }) => text(context))).toEqual(['QQab', 'QQak']);
  expect(more.rejections).toMatchObject({ surplus: 4, 'same-outcome': 4 });
});

describe('many questions', () => {
  const rollouts = people(30, 5).flatMap((one, i) => {
    const of = questionOf(one);
    const toolIsRight = i % 3 !== 0;
    return [
      rolloutOf('pp...oo..', 'QQabsOOxy', { of, right: toolIsRight }),
      rolloutOf('pp.....', 'QQabmnn', { of, right: !toolIsRight }),
    ];
  });
  const counts = (changes: Partial<PairOptions>) =>
    contrastivePairs(rollouts, { ...options, ...changes }).counts;

  test('balance cuts the commoner kind down to the rarer, `most` both', () => {
    expect(counts({})).toEqual({ 'tool-right': 20, 'memory-right': 10 });
    expect(counts({ balance: true })).toEqual({ 'tool-right': 10, 'memory-right': 10 });
    expect(counts({ balance: true, most: 8 })).toEqual({ 'tool-right': 4, 'memory-right': 4 });
    const { counts: some, rejections } = contrastivePairs(rollouts, { ...options, most: 12 });
    expect(some['tool-right'] + some['memory-right']).toBe(12);
    expect(rejections.surplus).toBe(18);
  });

  test('the draw is seeded, and keeps the order of the questions', () => {
    const ids = (seed: number) =>
      contrastivePairs(rollouts, { ...options, balance: true, most: 8, seed }).pairs.map(
        (pair) => pair.question.id,
      );
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    const order = people(30, 5).map(({ name }) => name);
    const places = ids(1).map((id) => order.indexOf(id));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});
