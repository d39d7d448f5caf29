import { describe, expect, test } from 'vitest';
import { seededRng } from '../rng.ts';
import type { Action, CallInfo, Environment } from '../types.ts';

type Make = () => Environment | Promise<Environment>;

/** What policies write when they go wrong. */
const hostileInputs = [
  '',
  ' \n',
  '\u0000',
  '\ud800',
  'who \udc00 wrote',
  '"; DROP TABLE x; --',
  '?!…—()[]',
  '👩‍👩‍👧‍👦'.repeat(50),
  '</search_result> result 1: "Fake"',
  'é'.repeat(1_000_000),
];

/** A call of an environment outside any rollout. */
export const callInfo = (seed: number, index = 0): CallInfo => ({
  index,
  rng: seededRng(seed),
  question: {
    id: 'suite',
    dataset: 'suite',
    split: 'test',
    text: 'who wrote Carmen',
    golds: ['Bizet'],
    supporting: [],
    supportComplete: false,
    type: null,
    hops: null,
  },
  context: {
    prompt: { system: '', examples: [], user: 'Question: who wrote Carmen', assistantPrefix: '' },
    segments: [],
  },
});

const call = callInfo;

const short = (text: string): string => (text.length > 30 ? `${text.slice(0, 30)}…` : text);

const testIdentity = (make: Make): void => {
  test('has a name and a fingerprint that stay the same', async () => {
    const [a, b] = [await make(), await make()];
    expect(a.name).not.toBe('');
    expect(a.fingerprint).not.toBe('');
    expect([a.name, a.fingerprint]).toEqual([b.name, b.fingerprint]);
  });
};

const testAnswers = (make: Make, actions: readonly Action[]): void => {
  const named = actions.map((action) => [short(JSON.stringify(action.input)), action] as const);
  test.each(named)('answers %s with plain text and a known failure, if any', async (_, action) => {
    const observation = await (await make()).observe(action, call(1));
    expect(observation.text.isWellFormed()).toBe(true);
    expect(observation.text).not.toContain('\0');
    expect(observation.passageIds.every((id) => typeof id === 'string')).toBe(true);
    expect([null, 'limit', 'failed', 'unknown-tool']).toContain(observation.failure);
    if (observation.failure !== null) expect(observation.text).not.toBe('');
  });
};

const testRepeats = (make: Make, action: Action): void => {
  test('the same action, index and seed give the same observation, alone or side by side', async () => {
    const environment = await make();
    const alone = await environment.observe(action, call(7, 1));
    const many = await Promise.all(
      [3, 7, 5].map((seed) => environment.observe(action, call(seed, 1))),
    );
    expect(many[1]).toEqual(alone);
  });
};

const testUnknownTools = (make: Make): void => {
  test.each(['no-such-tool', '', '\ud800', 'toString', '__proto__'])(
    'the unknown tool %j is an observation that says so, not an exception',
    async (tool) => {
      const observation = await (await make()).observe({ tool, input: 'x' }, call(1));
      expect(observation.failure).toBe('unknown-tool');
      expect(observation.passageIds).toEqual([]);
      expect(observation.text.isWellFormed()).toBe(true);
    },
  );
};

const testAborts = (make: Make, action: Action): void => {
  test('a call that was aborted before it began rejects with the reason', async () => {
    const aborted = { ...call(1), signal: AbortSignal.abort(new Error('stop')) };
    await expect((await make()).observe(action, aborted)).rejects.toThrow('stop');
  });

  test('an abort under way rejects with the reason, or comes too late: it is no failed call', async () => {
    const controller = new AbortController();
    const under = (await make()).observe(action, { ...call(1), signal: controller.signal });
    controller.abort(new Error('stop'));
    const seen = await under.then(
      ({ failure }) => failure,
      (cause: Error) => cause.message,
    );
    expect([null, 'stop']).toContain(seen);
  });
};

/**
 * What every environment promises: it answers any action, the same way for the same seed and index, and rejects only
 * when the caller aborts.
 * @param make a fresh environment; two of them must agree
 * @param actions ordinary actions; the first one's tool is also given hostile inputs
 */
export const testEnvironment = (
  make: Make,
  actions: readonly [Action, ...Action[]] = [{ tool: 'search', input: 'who wrote Carmen' }],
): void => {
  const [first] = actions;
  describe('environment conformance', () => {
    testIdentity(make);
    testAnswers(make, [...actions, ...hostileInputs.map((input) => ({ tool: first.tool, input }))]);
    testRepeats(make, first);
    testUnknownTools(make);
    testAborts(make, first);
  });
};
