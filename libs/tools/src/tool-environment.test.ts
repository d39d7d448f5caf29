import { getEventListeners } from 'node:events';
import { callInfo } from '@coa/core/testing';
import { expect, test } from 'vitest';
import type { Tool } from './tool.ts';
import { toolEnvironment } from './tool-environment.ts';

const call = (index = 0, signal?: AbortSignal) => ({
  ...callInfo(index, index),
  ...(signal && { signal }),
});
const tool = (name: string, run: Tool['run']): Tool => ({ name, fingerprint: `${name}@1`, run });
const echo = tool('echo', async (input) => ({ text: input, passageIds: ['p1'] }));
const limits = { callLimit: 2, timeoutMs: 1_000 };
const action = (name: string, input = 'x') => ({ tool: name, input });

test('a call is answered by the tool of that name', async () => {
  const environment = toolEnvironment([echo], limits);
  expect(await environment.observe(action('echo', 'hello'), call())).toEqual({
    text: 'hello',
    passageIds: ['p1'],
    failure: null,
  });
});

test('at the limit the paper’s notice, and the tool is not called', async () => {
  let calls = 0;
  const counted = tool('echo', async (input) => {
    calls += 1;
    return { text: input, passageIds: [] };
  });
  const environment = toolEnvironment([counted], limits);
  const seen = [];
  for (const index of [0, 1, 2, 3]) {
    seen.push((await environment.observe(action('echo'), call(index))).failure);
  }
  expect(seen).toEqual([null, null, 'limit', 'limit']);
  expect(calls).toBe(2);
  const { text } = await environment.observe(action('echo'), call(2));
  expect(text).toBe('Reach the limit of search times.');
});

test.each<[string, Tool['run']]>([
  ['rejects', async () => Promise.reject(new Error('no route'))],
  [
    'throws at once',
    () => {
      throw new Error('at once');
    },
  ],
  ['returns nonsense', async () => undefined as never],
])('a tool that %s is a failed call', async (_, run) => {
  const environment = toolEnvironment([tool('bad', run)], limits);
  expect(await environment.observe(action('bad'), call())).toEqual({
    text: 'Retrevial failed.',
    passageIds: [],
    failure: 'failed',
  });
});

test('a tool that never answers is a failed call after its time, and is told to stop', async () => {
  let told: unknown;
  const silent = tool('silent', (_, { signal }) => {
    signal?.addEventListener('abort', () => {
      told = signal.reason;
    });
    return new Promise(() => {});
  });
  const environment = toolEnvironment([silent], { callLimit: 2, timeoutMs: 30 });
  const started = performance.now();
  expect((await environment.observe(action('silent'), call())).failure).toBe('failed');
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(String(told)).toContain('no answer within 30 ms');
});

test('an abort under way rejects with its reason and leaves no listener behind', async () => {
  const silent = tool('silent', () => new Promise(() => {}));
  const environment = toolEnvironment([silent, echo], limits);
  const controller = new AbortController();
  const pending = environment.observe(action('silent'), call(0, controller.signal));
  setTimeout(() => controller.abort(new Error('Ctrl-C')), 10);
  await expect(pending).rejects.toThrow('Ctrl-C');
  const long = new AbortController();
  for (let i = 0; i < 50; i++) await environment.observe(action('echo'), call(0, long.signal));
  expect(getEventListeners(long.signal, 'abort')).toHaveLength(0);
});

test('hundreds of calls at once put one listener on a signal, not one each', async () => {
  const calls: Promise<unknown>[] = [];
  const slow = tool('slow', () => new Promise(() => {}));
  const environment = toolEnvironment([slow], limits);
  const stop = new AbortController();
  for (let i = 0; i < 200; i++)
    calls.push(environment.observe(action('slow'), call(0, stop.signal)));
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
  stop.abort(new Error('Ctrl-C'));
  for (const result of await Promise.allSettled(calls)) expect(result.status).toBe('rejected');
});

test('an unknown tool is told which there are', async () => {
  const environment = toolEnvironment([echo, tool('search', echo.run)], limits);
  expect((await environment.observe(action('serach'), call())).text).toBe(
    "There is no tool 'serach'. Tools: echo, search.",
  );
  const none = toolEnvironment([], limits);
  expect(none.name).toBe('none');
  expect((await none.observe(action('search'), call())).text).toContain('Tools: none.');
});

test('text of any tool is made safe', async () => {
  const environment = toolEnvironment([echo], limits);
  const { text } = await environment.observe(action('echo', 'a\0b\ud800'), call());
  expect(text).toBe('a\uFFFDb\uFFFD');
});

test('misuse throws with the value', () => {
  expect(() => toolEnvironment([echo, echo], limits)).toThrow('echo,echo');
  expect(() => toolEnvironment([echo], { callLimit: -1, timeoutMs: 1 })).toThrow('got -1');
  expect(() => toolEnvironment([echo], { callLimit: 1, timeoutMs: 0 })).toThrow('got 0');
});
