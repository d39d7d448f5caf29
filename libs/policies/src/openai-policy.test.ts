import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerateRequest } from '@coa/core';
import { testPolicy } from '@coa/core/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { type LedgerLine, readLedger } from './ledger.ts';
import { estimatedTokens, type OpenAiOptions, openAiPolicy } from './openai-policy.ts';
import { scriptedPolicy } from './scripted-policy.ts';

type Body = {
  top_p: number;
  logprobs?: number | boolean;
  stream_options: { continuous_usage_stats?: boolean };
  continue_final_message?: boolean;
  model: string;
  prompt?: string;
  messages?: { role: string; content: string }[];
  temperature: number;
  seed: number;
  max_tokens: number;
};
type Handler = (
  response: ServerResponse,
  body: Body,
  n: number,
  request: IncomingMessage,
) => unknown;

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

const serve = (handler: Handler): Promise<string> =>
  new Promise((resolve) => {
    let n = 0;
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as Body;
        handler(response, body, n++, request);
      });
    });
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`),
    );
  });

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

/** What the served model writes: its tokens are characters. */
const backend = scriptedPolicy({
  script: ({ options: { temperature, seed } }) =>
    temperature === 0 ? ' Paris.\nmore' : ` answer ${seed}`,
});

/** A small server of the API over the scripted policy: a character per event, usage so far in each. */
const answer: Handler = async (response, body) => {
  const user = body.prompt ?? body.messages!.map(({ content }) => content).join();
  const prompt = { system: '', examples: [], user, assistantPrefix: '' };
  const { max_tokens: maxTokens, temperature, top_p: topP, seed } = body;
  const asked = { maxTokens, temperature, topP, seed, stop: [] };
  const [said] = await backend.generate([{ context: { prompt, segments: [] }, options: asked }]);
  const usage = { prompt_tokens: said!.usage.promptTokens, completion_tokens: 0 };
  const counted = body.stream_options.continuous_usage_stats ? { usage } : {};
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of said!.text) {
    usage.completion_tokens += 1;
    const logprobs = body.messages
      ? { content: [{ logprob: -0.5 }] }
      : { token_logprobs: [-0.5], tokens: [piece] };
    const text = body.messages ? { delta: { content: piece } } : { text: piece };
    const choice = { ...text, ...(body.logprobs && { logprobs }) };
    response.write(event({ choices: [choice], ...counted }));
  }
  const finish_reason = said!.finish === 'length' ? 'length' : 'stop';
  response.write(event({ choices: [{ finish_reason }] }));
  response.write(event({ choices: [], usage }));
  response.end('data: [DONE]\n\n');
};

const options = (baseUrl: string, changes: Partial<OpenAiOptions> = {}): OpenAiOptions => ({
  baseUrl,
  model: 'm',
  api: 'completions',
  contextTokens: 4096,
  concurrency: 4,
  timeoutMs: 2_000,
  retries: 2,
  ...changes,
});

for (const api of ['completions', 'chat'] as const) {
  describe(`over ${api}`, () => {
    testPolicy(async () => openAiPolicy(options(await serve(answer), { api })), {
      stopString: '.',
      hidesTokens: true,
    });
  });
}

const request: GenerateRequest = {
  context: {
    prompt: { system: 's', examples: [], user: 'u', assistantPrefix: 'A:' },
    segments: [{ source: 'policy', text: ' so far', ids: null, logprobs: null }],
  },
  options: { maxTokens: 8, temperature: 0, topP: 1, seed: 5, stop: ['.'] },
};

test('the assistant turn so far is continued, as text and as chat', async () => {
  const seen: Body[] = [];
  const url = await serve((response, body, n, incoming) => {
    seen.push(body);
    answer(response, body, n, incoming);
  });
  await openAiPolicy(options(url)).generate([request]);
  await openAiPolicy(options(url, { api: 'chat' })).generate([request]);
  expect(seen[0]?.prompt).toMatch(/<\|im_start\|>assistant\nA: so far$/);
  expect(seen[1]?.messages?.at(-1)).toEqual({ role: 'assistant', content: 'A: so far' });
});

const failures: [string, Handler, RegExp][] = [
  [
    '429',
    (r) => r.writeHead(429, { 'retry-after': '0' }).end('slow down'),
    /answered 429: slow down/,
  ],
  ['500', (r) => r.writeHead(500).end('oops'), /answered 500: oops/],
  ['garbage', (r) => r.writeHead(200).end('<html>'), /no answer of this API: "<html>"/],
  [
    'a garbled stream',
    (r) => {
      r.writeHead(200, { 'content-type': 'text/event-stream' });
      r.end('data: {"choices": [{"te\n\n');
    },
    /no answer of this API/,
  ],
  [
    'an error inside the stream',
    (r) => {
      r.writeHead(200, { 'content-type': 'text/event-stream' });
      r.end(event({ error: { message: 'out of memory' } }));
    },
    /the server reports: .*out of memory/,
  ],
  ['a closed door', (r) => r.destroy(), /fetch failed/],
  [
    'half a stream',
    (r) => {
      r.writeHead(200, { 'content-type': 'text/event-stream' });
      r.write(event({ choices: [{ text: 'Par' }] }), () => setTimeout(() => r.destroy(), 20));
    },
    /terminated|broke off|aborted/,
  ],
  [
    'a stream without an end',
    (r) => {
      r.writeHead(200, { 'content-type': 'text/event-stream' });
      r.end(event({ choices: [{ text: 'Par' }] }));
    },
    /broke off before its end/,
  ],
  ['nothing', () => undefined, /no answer for 400 ms/],
];

describe.concurrent.each(failures)('a server that answers %s', (what, fail, message) => {
  // only silence is waited out; a busy machine answers late
  const timeoutMs = what === 'nothing' ? 400 : 10_000;

  test('is asked again, and the first good answer counts', async () => {
    const url = await serve((r, b, n, q) => (n === 0 ? fail(r, b, n, q) : answer(r, b, n, q)));
    const policy = openAiPolicy(options(url, { timeoutMs }));
    const [generation] = await policy.generate([request]);
    expect(generation?.text).toBe(' Paris.');
  });

  test('is given up in the end, with what happened', async () => {
    const url = await serve(fail);
    const policy = openAiPolicy(options(url, { timeoutMs, retries: 1 }));
    await expect(policy.generate([request])).rejects.toThrow(message);
    await expect(policy.generate([request])).rejects.toThrow('attempt 2, the last');
  });
});

test('401 and 404 are final and say what to check', async () => {
  let requests = 0;
  const url = await serve((response) => {
    requests += 1;
    response.writeHead(requests === 1 ? 401 : 404).end();
  });
  const policy = openAiPolicy(options(url));
  await expect(policy.generate([request])).rejects.toThrow('answered 401 (check the API key)');
  await expect(policy.generate([request])).rejects.toThrow('404 (check URL and model name)');
  expect(requests).toBe(2);
});

test('Retry-After is waited for', async () => {
  const times: number[] = [];
  const url = await serve((r, b, n, q) => {
    times.push(performance.now());
    if (n === 0) r.writeHead(429, { 'retry-after': '0.4' }).end();
    else answer(r, b, n, q);
  });
  await openAiPolicy(options(url)).generate([request]);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(390);
});

const ledgerIn = (): string => join(mkdtempSync(join(tmpdir(), 'coa-ledger-')), 'usage.jsonl');
const linesOf = (file: string): LedgerLine[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LedgerLine);

test('the ledger has a line per attempt; used lines alone add up to what generations report', async () => {
  const ledgerFile = ledgerIn();
  const url = await serve((r, b, n, q) => {
    if (n === 0) return r.writeHead(500).end();
    if (n !== 1) return answer(r, b, n, q);
    r.writeHead(200, { 'content-type': 'text/event-stream' });
    const usage = { prompt_tokens: 50, completion_tokens: 2 };
    return r.write(event({ choices: [{ text: 'Pa' }], usage }), () => r.destroy());
  });
  const [said] = await openAiPolicy(options(url, { ledgerFile })).generate([request]);
  const lines = linesOf(ledgerFile);
  expect(lines.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'used'],
  ]);
  expect(said!.usage.completionTokens).toBe(' Paris.'.length);
  const totals = await readLedger(ledgerFile);
  expect(totals.used).toEqual({ attempts: 1, ...said!.usage });
  expect(totals.wasted).toEqual({ attempts: 2, promptTokens: 50, completionTokens: 2 });
});

test('a server that counts only at the end is estimated where it is cut short, and the line says so', async () => {
  const ledgerFile = ledgerIn();
  const policy = openAiPolicy(options(await serve(answer), { ledgerFile, extras: false }));
  const [said] = await policy.generate([request]);
  expect(said!.usage.completionTokens).toBe(' Paris.'.length);
  const whole = { ...request, options: { ...request.options, stop: [] } };
  await policy.generate([whole]);
  expect(linesOf(ledgerFile).map(({ estimated }) => estimated)).toEqual([true, false]);
});

test('an abort leaves a line too', async () => {
  const ledgerFile = ledgerIn();
  const policy = openAiPolicy(options(await serve(() => undefined), { ledgerFile }));
  const stop = new AbortController();
  const running = policy.generate([request], stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(running).rejects.toThrow('enough');
  expect(linesOf(ledgerFile)).toMatchObject([{ outcome: 'aborted', promptTokens: 0 }]);
});

test('an abort ends the wait between attempts', async () => {
  const url = await serve((r) => r.writeHead(429, { 'retry-after': '30' }).end());
  const stop = new AbortController();
  const running = openAiPolicy(options(url)).generate([request], stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 100);
  await expect(running).rejects.toThrow('enough');
});

test.each(['completions', 'chat'] as const)('log-probs over %s, where asked for', async (api) => {
  const url = await serve(answer);
  const [said] = await openAiPolicy(options(url, { api, logprobs: true })).generate([request]);
  expect(said!.logprobs).toEqual(new Float32Array(7).fill(-0.5));
  const [bare] = await openAiPolicy(options(url, { api })).generate([request]);
  expect(bare!.logprobs).toBeNull();
});

test('strict servers get only what the API knows', async () => {
  const seen: Body[] = [];
  const url = await serve((r, b, n, q) => {
    seen.push(b);
    return answer(r, b, n, q);
  });
  for (const extras of [true, false]) {
    await openAiPolicy(options(url, { api: 'chat', extras })).generate([request]);
  }
  expect(seen.map((body) => [body.continue_final_message, body.stream_options])).toEqual([
    [true, { include_usage: true, continuous_usage_stats: true }],
    [undefined, { include_usage: true }],
  ]);
});

test('a server that does not stream is read whole and cut at the stop string', async () => {
  const choices = [{ message: { content: ' Paris. And more' }, finish_reason: 'stop' }];
  const url = await serve((r) =>
    r
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ choices, usage: { prompt_tokens: 9, completion_tokens: 5 } })),
  );
  const [said] = await openAiPolicy(options(url, { api: 'chat' })).generate([request]);
  expect(said).toMatchObject({ text: ' Paris.', finish: 'stop' });
  expect(said!.usage).toEqual({ promptTokens: 9, completionTokens: 5 });
});

test('a stream that stays open after its end is not waited for', async () => {
  const url = await serve((r) => {
    r.writeHead(200, { 'content-type': 'text/event-stream' });
    r.write(event({ choices: [{ text: 'Oslo', finish_reason: 'stop' }] }));
    r.write('data: [DONE]\n\n');
  });
  const [said] = await openAiPolicy(options(url, { timeoutMs: 500 })).generate([request]);
  expect(said).toMatchObject({ text: 'Oslo', finish: 'end' });
});

test('characters cut in two by the network arrive whole', async () => {
  const bytes = Buffer.from(event({ choices: [{ text: 'Zürich 😀', finish_reason: 'stop' }] }));
  const url = await serve(async (r) => {
    r.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const byte of bytes) {
      r.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    r.end();
  });
  const [said] = await openAiPolicy(options(url)).generate([request]);
  expect(said!.text).toBe('Zürich 😀');
});

test('the estimate errs high', () => {
  expect(estimatedTokens('')).toBe(0);
  expect(estimatedTokens('1875')).toBe(4);
  expect(estimatedTokens('Georges Bizet wrote Carmen.')).toBe(9);
  expect(estimatedTokens('日本語')).toBe(3);
});

test('never more requests at once than allowed', async () => {
  let now = 0;
  let most = 0;
  const url = await serve((r, b, n, q) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      answer(r, b, n, q);
    }, 20);
  });
  await openAiPolicy(options(url, { concurrency: 2 })).generate(Array(8).fill(request));
  expect(most).toBe(2);
});
