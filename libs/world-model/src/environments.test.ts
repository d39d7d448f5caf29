import { coaProtocol, reactProtocol, seededRng } from '@coa/core';
import { callInfo, testEnvironment } from '@coa/core/testing';
import { describe, expect, test } from 'vitest';
import { continuingPolicy } from './continuing-policy.test-data.ts';
import { noiseAt, separateSimulator, simulatorExample } from './separate-simulator.ts';
import { observationMarks, simulatedEnvironment } from './simulated-environment.ts';
import { type TwinCall, twinEnvironment } from './twin-environment.ts';

const limits = {
  tools: ['search'],
  maxTokens: 60,
  temperature: 1,
  callLimit: 2,
  limitNotice: 'limit',
  failureNotice: 'failed',
};
const protocol = coaProtocol({ examples: 0, system: '' });
const action = { tool: 'search', input: 'Carmen' };
const simulated = (write: Parameters<typeof continuingPolicy>[0]) => {
  const policy = continuingPolicy(write);
  return { policy, environment: simulatedEnvironment({ ...limits, policy, protocol }) };
};
const passage = ' result 1: "Carmen" by Bizet. </search_result>\n\nSo it is Bizet.';

testEnvironment(() => simulated(() => passage).environment, [action]);
testEnvironment(
  () =>
    separateSimulator({
      ...limits,
      policy: continuingPolicy(() => 'Bizet.'),
      seesGold: true,
      noise: 0,
    }),
  [action],
);

describe('the policy writes the observation', () => {
  const call = { ...callInfo(1), context: { ...callInfo(1).context, segments: [] } };

  test('it continues its own stream after the opening mark, up to the closing one', async () => {
    const { policy, environment } = simulated(() => passage);
    const segment = {
      source: 'policy',
      text: 'Who? <begin_search> Carmen </end_search>',
      ids: null,
      logprobs: null,
    } as const;
    const context = { ...call.context, segments: [segment] };
    const observation = await environment.observe(action, { ...call, context });
    expect(observation).toEqual({
      text: 'result 1: "Carmen" by Bizet.',
      passageIds: [],
      failure: null,
    });
    const { segments } = policy.asked[0]!.context;
    expect(segments.map(({ text }) => text)).toEqual([segment.text, '\n\n<search_result>']);
    expect(segments[1]!.ids).toEqual(policy.encode('\n\n<search_result>'));
  });

  test('one that never closes is cut and says so; an empty one is a failed call', async () => {
    const endless = await simulated(() => 'x'.repeat(100)).environment.observe(action, call);
    expect(endless.text).toBe(`${'x'.repeat(60)}…`);
    const empty = await simulated(() => ' </search_result>').environment.observe(action, call);
    expect(empty).toEqual({ text: 'failed', passageIds: [], failure: 'failed' });
  });

  test('past the limit of calls the notice stands in, and the policy is not asked', async () => {
    const { policy, environment } = simulated(() => passage);
    const observation = await environment.observe(action, { ...call, index: 2 });
    expect(observation).toEqual({ text: 'limit', passageIds: [], failure: 'limit' });
    expect(policy.asked).toEqual([]);
  });

  test('every protocol has an opening and a closing mark', () => {
    expect(observationMarks(protocol, 'x')).toEqual({
      opening: '\n\n<search_result>',
      closing: '</search_result>',
    });
    const react = observationMarks(reactProtocol({ examples: 0 }), 'Action: Search[x]\n');
    expect(react).toEqual({ opening: 'Observation:', closing: 'Thought:' });
  });
});

describe('a separate simulator', () => {
  const asked = async (options: { seesGold: boolean; noise: number }) => {
    const policy = continuingPolicy(() => 'Some passage.');
    await separateSimulator({ ...limits, policy, ...options }).observe(action, callInfo(1));
    return policy.asked[0]!.context.prompt.user;
  };

  test('is asked for useful or noisy passages, with sight of the answer or without', async () => {
    expect(await asked({ seesGold: true, noise: 0 })).toBe(
      'Useful passages for: Carmen\nThey lead to: Bizet',
    );
    expect(await asked({ seesGold: false, noise: 1 })).toBe('Noisy passages for: Carmen');
  });

  test('its training examples are asked in the same words', () => {
    const { prompt, completion } = simulatorExample(
      { query: 'Carmen', gold: null, useful: true },
      'By Bizet.',
    );
    expect([prompt.user, completion]).toEqual(['Useful passages for: Carmen', 'By Bizet.']);
  });

  test('noise outside [0, 1] is refused', () =>
    expect(() =>
      separateSimulator({
        ...limits,
        policy: continuingPolicy(() => ''),
        seesGold: false,
        noise: 1.5,
      }),
    ).toThrow('noise is 1.5'));

  test('noise rises exponentially from start to end', () => {
    const curriculum = { start: 0, end: 0.75, base: 4, steps: 2 };
    expect([0, 1, 2].map((step) => noiseAt(step, curriculum))).toEqual([0, 0.25, 0.75]);
    expect(noiseAt(1, { ...curriculum, base: 1 })).toBe(0.375);
  });
});

test('a twin answers beside the real environment and changes nothing', async () => {
  const drawn: number[] = [];
  const real = {
    name: 'real',
    fingerprint: 'real',
    observe: async (_: unknown, { rng }: { rng: () => number }) => {
      drawn.push(rng(), rng());
      return { text: 'By Bizet.', passageIds: ['1'], failure: null };
    },
  };
  const seen: TwinCall[] = [];
  const see = (pair: TwinCall) => seen.push(pair);
  const environment = twinEnvironment({
    real,
    simulator: simulated(() => passage).environment,
    see,
  });
  const observation = await environment.observe(action, callInfo(7));
  expect(observation.text).toBe('By Bizet.');
  const alone = seededRng(7);
  expect(drawn).toEqual([alone(), alone()]);
  expect(seen).toMatchObject([
    { real: 'By Bizet.', simulated: 'result 1: "Carmen" by Bizet.', before: [] },
  ]);
});
