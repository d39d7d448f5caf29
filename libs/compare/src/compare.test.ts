import type { Manifest, RunRecord } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { compareSides } from './compare.ts';
import { configDifferences, lineDifferences } from './config-differences.ts';
import { compareValues, defaultDifference, judgeTogether } from './differences.ts';
import { countFlips } from './flips.ts';
import { gateVerdict, worstVerdict } from './gate.ts';
import { promptDifferences } from './prompt-text.ts';

const manifest = (runId: string, change: Partial<Manifest> = {}): Manifest => ({
  runId,
  experiment: 'trial',
  claim: '',
  command: 'coa run trial',
  rootSeed: 0,
  repeats: 1,
  arms: { agent: { options: { temperature: 0.6 }, system: 'Search.\nAnswer.' } },
  datasets: [{ name: 'nq', questions: 8, sha256: 'aa' }],
  metrics: [{ id: 'exactMatch', version: 1 }],
  model: { name: 'nano', fingerprint: 'f' },
  environment: { name: 'search', fingerprint: 'e' },
  prompts: { 'coa@1': 'p' },
  revision: { commit: 'c', dirty: false, lockfile: 'l' },
  machine: { node: '20', cpu: 'x', cores: 2, platform: 'linux' },
  startedAt: '2026-01-01T00:00:00Z',
  ...change,
});

type Asked = {
  readonly id: string;
  readonly right: number | null;
  readonly dataset?: string;
  readonly repeat?: number;
  readonly error?: string;
};

const record = ({ id, right, dataset = 'nq', repeat = 0, error }: Asked): RunRecord => {
  const question = {
    ...{ id, dataset, split: 'test', text: `question ${id}`, golds: ['yes'] },
    ...{ supporting: [], supportComplete: false, type: null, hops: null },
  };
  const answer = { kind: 'answer', text: right === 1 ? 'yes' : 'no' } as const;
  return {
    ...{ runId: 'r', arm: 'agent', repeat, seed: 0, metrics: { exactMatch: right }, seconds: 1 },
    outcome:
      error === undefined
        ? {
            kind: 'rollout',
            rollout: {
              trajectory: { question, protocol: 'coa@1', steps: [answer], stop: 'answered' },
              tokens: null,
              usage: { promptTokens: 10, completionTokens: 5, requests: 1 },
            },
          }
        : { kind: 'error', question, message: error, attempts: 3 },
  };
};

const side = (rights: readonly (number | null)[], change: Partial<Manifest> = {}) => ({
  manifest: manifest('one', change),
  arm: 'agent',
  records: rights.map((right, i) => record({ id: `q${i}`, right })),
});

const repeated = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value);

describe('compareSides', () => {
  test('pairs question by question: McNemar by hand, flips, and what one side lacks left out', () => {
    const a = side([0, 0, 0, 0, 0, 1, 1, 1]);
    const b = side([1, 1, 1, 1, 1, 1, 0]);
    const { differences, flips } = compareSides(a, b);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatchObject({ dataset: 'nq', questions: 7, unpaired: 1 });
    expect(differences[0]).toMatchObject({ test: 'mcnemar', verdict: 'undecided' });
    expect(differences[0]!.difference).toBeCloseTo(4 / 7, 14);
    // 5 against 1: 2 (1 + 6) / 2^6
    expect(differences[0]!.p).toBeCloseTo(14 / 64, 14);
    expect(countFlips(flips)).toEqual({ both: 1, onlyA: 1, onlyB: 5, neither: 0 });
    expect(flips.find(({ kind }) => kind === 'onlyA')?.a.question).toBe('q6');
  });

  test('beyond chance it is better, or worse the other way round', () => {
    const [low, high] = [side(repeated(0, 40)), side([...repeated(1, 20), ...repeated(0, 20)])];
    expect(compareSides(low, high).differences[0]!.verdict).toBe('better');
    expect(compareSides(high, low).differences[0]!.verdict).toBe('worse');
  });

  test('the same answers are a tie; few questions that differ a little are undecided', () => {
    const same = side([...repeated(1, 300), ...repeated(0, 300)]);
    expect(compareSides(same, same).differences[0]).toMatchObject({ verdict: 'tie', p: 1 });
    const [a, b] = [side([1, 0, 1, 0, 1, 0]), side([1, 0, 1, 0, 0, 1])];
    const [row] = compareSides(a, b).differences;
    expect(row).toMatchObject({ verdict: 'undecided', difference: 0 });
    expect(row!.detectable).toBeGreaterThan(0.5);
  });

  test('repeats of a question are one question', () => {
    const of = (rights: readonly number[]) => ({
      manifest: manifest('two', { repeats: 2 }),
      arm: 'agent',
      records: rights.map((right, i) => record({ id: `q${i >> 1}`, repeat: i % 2, right })),
    });
    const { differences, flips } = compareSides(of([0, 0, 1, 1]), of([1, 0, 1, 1]));
    expect(differences[0]).toMatchObject({ questions: 2, difference: 0.25, test: 'bootstrap' });
    // no resample of 10,000 is below 0, a quarter of them are 0
    expect(differences[0]!.p).toBeCloseTo(0.5, 1);
    expect(flips).toHaveLength(4);
    const { repeats } = compareSides(of([0, 0, 1, 1]), of([1, 0, 1, 1]));
    expect(repeats.b).toEqual([
      { dataset: 'nq', k: 1, questions: 2, meanAtK: 0.75, passAtK: 0.75, passHatK: 0.75 },
      { dataset: 'nq', k: 2, questions: 2, meanAtK: 0.75, passAtK: 1, passHatK: 0.5 },
    ]);
    expect(compareSides(side([1]), side([1])).repeats).toEqual({ a: [], b: [] });
  });

  test('sets are corrected together, and their mean weighs each the same', () => {
    const of = (nq: readonly number[], trivia: readonly number[]) => ({
      manifest: manifest('sets'),
      arm: 'agent',
      records: [
        ...nq.map((right, i) => record({ id: `q${i}`, right })),
        ...trivia.map((right, i) => record({ id: `q${i}`, dataset: 'triviaqa', right })),
      ],
    });
    const { differences } = compareSides(
      of(repeated(0, 6), repeated(0, 20)),
      of(repeated(1, 6), [...repeated(0, 19), 1]),
    );
    const [nq, trivia, average] = differences;
    expect(nq!.p).toBeCloseTo(2 / 64, 14);
    expect(nq!.adjusted).toBeCloseTo(4 / 64, 14);
    expect(nq!.falseDiscovery).toBeCloseTo(4 / 64, 14);
    expect(trivia).toMatchObject({ p: 1, adjusted: 1 });
    expect(average!.dataset).toBeNull();
    expect(average!.difference).toBeCloseTo((1 + 0.05) / 2, 14);
    expect(average).toMatchObject({ questions: 26, verdict: 'better' });
  });

  test('errors are counted by class, apart from wrong answers', () => {
    const broken = {
      ...side([]),
      records: [
        record({ id: 'q0', right: 1 }),
        record({ id: 'q1', right: null, error: 'request 17 failed after 3.2 s' }),
        record({ id: 'q2', right: null, error: 'request 4 failed after 1 s' }),
        record({ id: 'q3', right: null, error: 'no token "a"' }),
      ],
    };
    const { costs, differences } = compareSides(broken, side([1, 1, 1, 1]));
    expect(costs.a).toMatchObject({ attempts: 4, errors: 3, actions: 0, promptTokens: 10 });
    expect(costs.a.errorClasses).toEqual([
      { message: 'request # failed after # s', count: 2 },
      { message: 'no token …', count: 1 },
    ]);
    expect(differences[0]).toMatchObject({ questions: 1, unpaired: 3 });
  });

  test('says what makes the two hard to compare', () => {
    const b = side([1, 0], {
      runId: 'two',
      metrics: [{ id: 'exactMatch', version: 2 }],
      datasets: [{ name: 'nq', questions: 2, sha256: 'bb' }],
      revision: { commit: 'c', dirty: true, lockfile: 'l' },
      arms: { agent: { options: { temperature: 0 }, system: 'Search.\nAnswer.' } },
    });
    const { cautions, config } = compareSides(side([1, 0]), b);
    expect(cautions).toEqual([
      'exactMatch is of version 1 in a and 2 in b: `coa rescore` brings both to one',
      'nq: the two sides were not asked the same questions; shared ones are paired',
      'two ran uncommitted code',
    ]);
    expect(config).toEqual([{ path: 'arm.options.temperature', a: 0.6, b: 0 }]);
  });

  test('says that a side is held against itself; one run of uncommitted code is named once', () => {
    const dirty = { revision: { commit: 'c', dirty: true, lockfile: 'l' } };
    const one = side([1, 0], dirty);
    expect(compareSides(one, one).cautions).toEqual([
      'both sides are one arm of one run, one',
      'one ran uncommitted code',
    ]);
  });

  test('the same bytes from the same records, whatever their order', () => {
    const [a, b] = [side([0, 1, 0.5, 0.25, 1]), side([1, 1, 0.25, 0.5, 0])];
    const forth = compareSides(a, b).differences;
    const back = compareSides({ ...a, records: a.records.toReversed() }, b).differences;
    expect(back).toEqual(forth);
  });

  test('nothing in common is a misuse', () => {
    expect(() => compareSides(side([1]), side([]))).toThrow('no question in common');
    expect(() => compareValues([], [], { ...defaultDifference, isShare: true })).toThrow(
      'no question in common',
    );
  });
});

test('a drop and a gain of the same size have p of the same size, never 0', () => {
  const low = side(repeated(0.2, 30));
  const high = side(Array.from({ length: 30 }, (_, i) => 0.5 + i / 100));
  const [up, down] = [compareSides(low, high), compareSides(high, low)];
  expect(up.differences[0]!.p).toBeCloseTo(2 / 10_001, 10);
  expect(down.differences[0]!.p).toBeCloseTo(2 / 10_001, 10);
});

test('sides that never differ have p 1, by the bootstrap too', () => {
  const half = side(repeated(0.5, 300));
  expect(compareSides(half, half).differences[0]).toMatchObject({ p: 1, verdict: 'tie' });
  const two = side([...repeated(0.5, 300), ...repeated(1, 5)]);
  expect(compareSides(two, two).differences[0]!.p).toBe(1);
});

test('several arms with one baseline are one family: what one test would call better may not be', () => {
  const low = side(repeated(0, 40));
  const total = (wins: number) =>
    compareSides(low, side([...repeated(1, wins), ...repeated(0, 40 - wins)])).differences[0]!;
  // 2 / 2^6 = 0.03125 alone
  const [six, twenty] = [total(6), total(20)];
  expect(six.verdict).toBe('better');
  const together = judgeTogether([six, twenty, six]);
  expect(together[0]!.adjusted).toBeCloseTo(2 * 0.03125, 14);
  expect(together[0]!.falseDiscovery).toBeCloseTo(0.03125, 14);
  expect(together.map(({ verdict }) => verdict)).toEqual(['undecided', 'better', 'undecided']);
});

test('prompts of arms are set side by side turn by turn; without one there is nothing to say', () => {
  const arm = (system: string) => ({
    prompt: { system, examples: [{ user: 'Q', assistant: 'A' }], user: '?', assistantPrefix: '' },
  });
  expect(promptDifferences(arm('Search.'), arm('Think.'))).toEqual([
    { side: 'both', line: '[system]' },
    { side: 'a', line: 'Search.' },
    { side: 'b', line: 'Think.' },
    ...['[user]', 'Q', '[assistant]', 'A', '[user]', '?'].map((line) => ({ side: 'both', line })),
  ]);
  expect(promptDifferences({}, arm('x'))).toBeNull();
  expect(promptDifferences({ prompt: { system: 7, examples: 'x' } }, { prompt: {} })).toEqual([]);
});

test('a gate decides on the interval', () => {
  expect(gateVerdict({ low: -0.019, high: 0.1 }, 0.02)).toBe('pass');
  expect(gateVerdict({ low: -0.1, high: -0.03 }, 0.02)).toBe('drop');
  expect(gateVerdict({ low: -0.1, high: 0.03 }, 0.02)).toBe('undecided');
  expect(worstVerdict(['pass', 'undecided', 'drop'])).toBe('drop');
  expect(worstVerdict(['pass', 'undecided'])).toBe('undecided');
  expect(() => worstVerdict([])).toThrow('decides nothing');
});

/** Every value of `sets` is one question's, on both sides; b's are `more` higher. */
const moreBy = (
  more: number,
  sets: Readonly<Record<string, readonly number[]>>,
  metric?: string,
) => {
  const of = (by: number) => ({
    ...side([]),
    records: Object.entries(sets).flatMap(([dataset, values]) =>
      values.map((value, i) => {
        const one = record({ id: `q${i}`, right: value + by, dataset });
        return metric === undefined ? one : { ...one, metrics: { [metric]: value + by } };
      }),
    ),
  });
  return compareSides(of(0), of(more), metric).differences;
};

/** Six questions that agree and forty of another set, every fifth of which is right where `right` says so. */
const mixed = (right: number): RunRecord[] => [
  ...repeated(1, 6).map((value, i) => record({ id: `q${i}`, right: value })),
  ...repeated(0, 40).map((_, i) =>
    record({ id: `q${i}`, dataset: 'triviaqa', right: i % 5 === 0 ? right : 0 }),
  ),
];

describe('few questions that agree are not taken for many', () => {
  // Wilson's bound of 0 in n: z^2 / (n + z^2)
  const bound = (n: number) => 3.841459 / (n + 3.841459);

  test('of a share: interval, verdict, what could be detected, and the gate', () => {
    const of = (n: number) => moreBy(0, { nq: repeated(1, n) })[0]!;
    expect(of(6)).toMatchObject({ difference: 0, p: 1, verdict: 'undecided' });
    expect([of(6).low, of(6).high]).toEqual([-of(6).high, expect.closeTo(bound(6), 6)]);
    // 2.8016 standard errors of the largest share that may differ unseen
    expect(of(6).detectable).toBeCloseTo(2.8016 * Math.sqrt(bound(6) / 6), 4);
    expect([188, 189].map((n) => of(n).verdict)).toEqual(['undecided', 'tie']);
    const gates = [12, 188, 189].map((n) => gateVerdict(of(n), 0.02));
    expect(gates).toEqual(['undecided', 'undecided', 'pass']);
  });

  test('questions that all differ by the same have no spread either', () => {
    const [three, six] = [3, 6].map((n) => moreBy(1, { nq: repeated(0, n) })[0]!);
    expect(three).toMatchObject({ difference: 1, high: 1, verdict: 'undecided' });
    expect(three!.low).toBeCloseTo(1 - 2 * bound(3), 6);
    expect(six!.low).toBeGreaterThan(0);
    expect(six!.verdict).toBe('better');
    // of a bootstrap; five questions to one side are 2 / 2^5 at best
    const half = moreBy(0.5, { nq: repeated(0.25, 5) })[0]!;
    expect(half).toMatchObject({ test: 'bootstrap', p: 1 / 16, verdict: 'undecided' });
  });

  test('over sets, where the smallest counts; one with a spread keeps its own beside', () => {
    const total = (sets: Readonly<Record<string, readonly number[]>>) => moreBy(0, sets).at(-1)!;
    expect(total({ nq: repeated(1, 50), musique: repeated(1, 50) }).high).toBeCloseTo(
      bound(100),
      6,
    );
    expect(total({ nq: repeated(1, 6), musique: repeated(1, 900) }).high).toBeCloseTo(bound(12), 6);
    const a = { ...side([]), records: mixed(0) };
    const [blind, spread, mean] = compareSides(a, { ...a, records: mixed(1) }).differences;
    const halves = [blind!.high / 2, (spread!.high - spread!.difference) / 2];
    expect(mean!.high - mean!.difference).toBeCloseTo(Math.hypot(...halves), 2);
  });

  test('repeats do not make questions more', () => {
    const records = Array.from({ length: 60 }, (_, i) =>
      record({ id: `q${i % 6}`, repeat: Math.floor(i / 6), right: 1 }),
    );
    const same = { ...side([]), records };
    expect(compareSides(same, same).differences[0]!.high).toBeCloseTo(bound(6), 6);
  });

  test('of a count nothing is made up: what was not met is not known', () => {
    const [same] = moreBy(0, { nq: [3, 3] }, 'actionSteps');
    expect(same).toMatchObject({ low: 0, high: 0, detectable: 0, verdict: 'tie' });
    // though all of its values be 0 or 1
    expect(moreBy(0, { nq: [1, 1] }, 'actionSteps')[0]).toMatchObject({ low: 0, high: 0 });
    expect(moreBy(1, { nq: [3] }, 'actionSteps')[0]).toMatchObject({ p: 1, verdict: 'undecided' });
  });
});

test('configurations differ down to the smallest part', () => {
  const [a, b] = [{ x: [1, { y: 2 }], z: 'a' }, { x: [1, { y: 3 }, 4] }];
  expect(configDifferences(a, b)).toEqual([
    { path: 'x.1.y', a: 2, b: 3 },
    { path: 'x.2', a: undefined, b: 4 },
    { path: 'z', a: 'a', b: undefined },
  ]);
  expect(configDifferences(a, structuredClone(a))).toEqual([]);
});

test('prompts differ line by line', () => {
  expect(lineDifferences('one\ntwo\nthree', 'one\n2\nthree')).toEqual([
    { side: 'both', line: 'one' },
    { side: 'a', line: 'two' },
    { side: 'b', line: '2' },
    { side: 'both', line: 'three' },
  ]);
});
