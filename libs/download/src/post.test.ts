import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { AttemptFailure, type PostOptions, post, type Send } from './post.ts';
import { serve } from './server.test-data.ts';

const options = (url: string, changes: Partial<PostOptions> = {}): PostOptions => ({
  ...{ url, body: { asked: 1 }, retries: 2, firstWaitMs: 1, longestWaitMs: 60_000 },
  ...{ jitter: () => 0.5, signal: undefined },
  ...changes,
});

const never = new AbortController().signal;
const text = async (send: Send): Promise<string> => (await send(never)).text();

type Handler = (request: IncomingMessage, response: ServerResponse, n: number) => void;

/** Fails so at first, then answers. */
const after =
  (failures: number, fail: (response: ServerResponse) => void): Handler =>
  (_, response, n) =>
    n < failures ? fail(response) : response.end('good');

test('posts JSON with the headers that were given', async () => {
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { method, headers } = request;
    response.end(JSON.stringify([method, headers['content-type'], headers['x-key'], body]));
  });
  const answer = await post(options(url, { headers: { 'x-key': 'k' } }), text);
  expect(JSON.parse(answer)).toEqual(['POST', 'application/json', 'k', '{"asked":1}']);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['408', (response) => response.writeHead(408).end()],
  ['429', (response) => response.writeHead(429, { 'retry-after': '0' }).end()],
  ['503', (response) => response.writeHead(503).end()],
  ['a lost connection', (response) => response.destroy()],
  [
    'half an answer',
    (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('ha', () => response.destroy());
    },
  ],
])('%s may pass: it is asked again', async (_, fail) => {
  const url = await serve(after(2, fail));
  const tried: number[] = [];
  const answer = await post(options(url), (send, tries) => {
    tried.push(tries);
    return text(send);
  });
  expect(answer).toBe('good');
  expect(tried).toEqual([1, 2, 3]);
});

test('what an attempt throws may pass too, unless it says otherwise', async () => {
  const url = await serve(after(0, () => undefined));
  const given = (cause: Error) => {
    let tries = 0;
    const failing = post(options(url, { name: 'the model' }), async () => {
      tries += 1;
      throw cause;
    });
    return failing.catch((error: Error) => [error.message, tries]);
  };
  expect(await given(new Error('garbage'))).toEqual([
    'the model: garbage (attempt 3, the last)',
    3,
  ]);
  // a programmer's error reads the same as a broken answer
  expect(await given(new TypeError('x is null'))).toEqual([
    'the model: x is null (attempt 3, the last)',
    3,
  ]);
  expect(await given(new AttemptFailure('too long', { passing: false }))).toEqual(['too long', 1]);
});

test('a refusal is final, and says what the server said, cut, and what to check', async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.writeHead(401).end(`no  key\n${'x'.repeat(1_000)}`);
  });
  const failed = post(options(url, { hints: { 401: 'check the key' } }), text);
  await expect(failed).rejects.toThrow(`${url} answered 401 (check the key): no key x`);
  await expect(failed).rejects.toThrow(/: no key x{192}$/);
  expect(requests).toBe(1);
});

/** Milliseconds until a request was answered that failed so at first. */
const waited = async (headers: Record<string, string>, changes: Partial<PostOptions> = {}) => {
  const url = await serve(after(1, (response) => response.writeHead(503, headers).end()));
  const started = performance.now();
  await post(options(url, changes), text);
  return performance.now() - started;
};

test('waits as long as the server asks, but no longer than it may ask', async () => {
  expect(await waited({ 'retry-after': '0.3' })).toBeGreaterThanOrEqual(295);
  const date = new Date('2026-01-01T00:00:00Z');
  const later = new Date(date.getTime() + 1_000);
  const asked = { date: date.toUTCString(), 'retry-after': later.toUTCString() };
  expect(await waited(asked)).toBeGreaterThanOrEqual(995);
  const long = { 'retry-after': '3600' };
  expect(await waited(long, { longestWaitMs: 200 })).toBeGreaterThanOrEqual(195);
  // what cannot be read is not waited for
  await waited({ 'retry-after': 'soon' });
  await waited({ 'retry-after': ' ' });
});

test('else twice as long each time, spread by the jitter', async () => {
  const url = await serve(after(2, (response) => response.writeHead(500).end()));
  const asked: number[] = [];
  const started = performance.now();
  const jitter = (attempt: number) => {
    asked.push(attempt);
    return 0.5;
  };
  await post(options(url, { firstWaitMs: 100, jitter }), text);
  // 100 * 1 + 200 * 1
  expect(performance.now() - started).toBeGreaterThanOrEqual(295);
  expect(asked).toEqual([1, 2]);
});

test('an abort ends a wait and an attempt with its reason', async () => {
  const url = await serve((_, response) => response.writeHead(503, { 'retry-after': '60' }).end());
  const stop = new AbortController();
  const waiting = post(options(url, { signal: stop.signal }), text);
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(waiting).rejects.toThrow('enough');
  await expect(post(options(url, { signal: stop.signal }), text)).rejects.toThrow('enough');
  const late = new AbortController();
  const asking = post(options(url, { signal: late.signal }), async () => {
    late.abort(new Error('now'));
    throw new Error('the connection went with it');
  });
  await expect(asking).rejects.toThrow('now');
});
