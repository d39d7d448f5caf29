import { coaProtocol, type Observation, type Rollout, reactProtocol } from '@coa/core';
import { callInfo } from '@coa/core/testing';
import { describe, expect, test } from 'vitest';
import { continuingPolicy } from './continuing-policy.test-data.ts';
import { passageMask } from './passage-mask.ts';

const policy = continuingPolicy(() => '');
const written = { examples: 0, system: '' };
const found = (text: string): Observation => ({ text, passageIds: [], failure: null });
const limit: Observation = { text: 'limit', passageIds: [], failure: 'limit' };

/** A rollout as the loop lays it out: prompt, then a turn and an observation each, then the answer. Tokens are characters. */
const rolloutOf = (protocol: ReturnType<typeof coaProtocol>, observations: Observation[]) => {
  const parts = observations.flatMap((observation) => {
    const turn = 'Who?\n';
    const shown = protocol.renderObservation(observation, turn).map(({ text }) => text);
    return [
      [turn, 0],
      [shown.join(''), 1],
    ] as const;
  });
  const all = [['Question', 0] as const, ...parts, ['Bizet', 0] as const];
  const ids = policy.encode(all.map(([text]) => text).join(''));
  const observationMask = Uint8Array.from(
    all.flatMap(([text, observed]) => Array.from(text, () => observed)),
  );
  const steps = observations.map((one) => ({ kind: 'observation', ...one }) as const);
  const { question } = callInfo(1);
  const masks = { promptMask: new Uint8Array(ids!.length), observationMask };
  return {
    trajectory: { question, protocol: 'coa@1', steps, stop: 'answered' },
    tokens: { ids: ids!, ...masks, logprobs: new Float32Array(ids!.length) },
    usage: { promptTokens: 0, completionTokens: 0, requests: 0 },
  } satisfies Rollout;
};

describe.each([
  ['coa', coaProtocol(written)],
  ['react', reactProtocol(written)],
] as const)('%s', (_, protocol) => {
  test('the text that the environment found, without marks and without notices', () => {
    const rollout = rolloutOf(protocol, [
      found('By </search_result> Bizet.'),
      limit,
      found('Paris'),
    ]);
    const mask = passageMask(rollout, policy, protocol);
    const kept = String.fromCodePoint(...rollout.tokens.ids.filter((__, i) => mask[i] === 1));
    expect(kept).toBe(' By </search_result> Bizet. Paris');
  });

  test('no observation, no token', () =>
    expect(passageMask(rolloutOf(protocol, []), policy, protocol)).not.toContain(1));
});

test('masks that do not belong to the trajectory are refused', () => {
  const rollout = rolloutOf(coaProtocol(written), [found('By Bizet.')]);
  const { trajectory } = rolloutOf(coaProtocol(written), []);
  expect(() => passageMask({ ...rollout, trajectory }, policy, coaProtocol(written))).toThrow(
    '0 observations, but 1 stretches',
  );
});
