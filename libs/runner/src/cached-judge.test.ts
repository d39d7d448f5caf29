import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Policy, Trajectory } from '@coa/core';
import { scriptedPolicy } from '@coa/policies';
import { expect, test } from 'vitest';
import { cachedJudge } from './cached-judge.ts';

const trajectory: Trajectory = {
  question: {
    id: 'q1',
    dataset: 'nq',
    split: 'test',
    text: 'who wrote Carmen',
    golds: ['Bizet'],
    supporting: [],
    supportComplete: false,
    type: null,
    hops: null,
  },
  protocol: 'coa@1',
  steps: [{ kind: 'answer', text: 'Georges Bizet' }],
  stop: 'answered',
};

const settings = (said: string[]) => ({
  seed: 0,
  home: mkdtempSync(join(tmpdir(), 'coa-judge-')),
  abort: new AbortController().signal,
  say: (line: string) => said.push(line),
});

const counting = (write: () => string) => {
  const calls = { n: 0 };
  const policy: Policy = scriptedPolicy({
    script: () => {
      calls.n += 1;
      return write();
    },
  });
  return { policy, calls };
};

test('a verdict is asked for once and kept across processes', async () => {
  const { policy, calls } = counting(() => 'It names the same person.\nVerdict: correct');
  const shared = settings([]);
  const first = await cachedJudge(policy, shared)(trajectory);
  const asked = calls.n;
  expect(asked).toBeGreaterThan(0);
  expect(await cachedJudge(policy, shared)(trajectory)).toEqual(first);
  expect(calls.n).toBe(asked);
});

test('a judge that fails leaves the verdict undefined and says so', async () => {
  const said: string[] = [];
  const { policy } = counting(() => {
    throw new Error('judge on strike');
  });
  expect(await cachedJudge(policy, settings(said))(trajectory)).toEqual({ judged: null });
  expect(said).toEqual(['no verdict on nq/q1: judge on strike']);
});

test('repeats that answer differently are judged apart; the same answer has the same verdict', async () => {
  const { policy, calls } = counting(() => 'Verdict: correct');
  const ask = cachedJudge(policy, settings([]));
  const answering = (text: string): Trajectory => ({
    ...trajectory,
    steps: [{ kind: 'answer', text }],
  });
  await ask(answering('Georges Bizet'));
  const once = calls.n;
  await ask(answering('Bizet'));
  expect(calls.n).toBe(2 * once);
  await ask(answering('Georges Bizet'));
  expect(calls.n).toBe(2 * once);
});

test('the votes on one answer are drawn apart: each has a seed of its own', async () => {
  const seeds: number[] = [];
  const policy = scriptedPolicy({
    script: ({ options }) => {
      seeds.push(options.seed);
      return 'Verdict: correct';
    },
  });
  await cachedJudge(policy, settings([]))(trajectory);
  expect(seeds.length).toBeGreaterThan(1);
  expect(new Set(seeds).size).toBe(seeds.length);
});
