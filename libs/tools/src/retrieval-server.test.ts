import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRng } from '@coa/core';
import { callInfo, testEnvironment } from '@coa/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RetrievalServerOptions, retrievalServer } from './retrieval-server.ts';
import { searchTool } from './search-tool.ts';
import { toolEnvironment } from './tool-environment.ts';

type Seen = { readonly path: string; readonly body: Record<string, unknown> };
type Reply = (response: ServerResponse, seen: Seen) => void;

/** What the server does with its next requests; the last one stays. */
let script: Reply[] = [];
let seen: Seen[] = [];
let url = '';

const bodyOf = async (request: IncomingMessage): Promise<Seen['body']> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text) as Seen['body'];
};

const server = createServer(async (request, response) => {
  response.shouldKeepAlive = false;
  const entry = { path: request.url ?? '', body: await bodyOf(request) };
  seen.push(entry);
  const reply = script.length > 1 ? script.shift()! : script[0]!;
  reply(response, entry);
});

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  seen = [];
  server.closeAllConnections();
});
afterAll(() => {
  server.close();
});

const json =
  (value: unknown): Reply =>
  (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
const status =
  (code: number, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(code, headers).end('busy <b>now</b>');
  };
const silent: Reply = () => {};
const hangUp: Reply = (response) => {
  response.destroy();
};
const halfStream: Reply = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"result": [[{"document"', () => response.destroy());
};
const stalled: Reply = (response) => {
  response.writeHead(200);
  response.write('{"result": [');
};

const document = (id: string, contents = `"Title ${id}"\ntext ${id}`) => ({ id, contents });
const found = (...ids: string[]) => ids.map((id, i) => ({ document: document(id), score: 2 - i }));
const good = json({ result: [found('a', 'b')] });

const client = (options: Partial<RetrievalServerOptions> = {}) =>
  retrievalServer({
    url,
    dialect: 'searchR1',
    corpus: 'wiki',
    timeoutMs: 2_000,
    retries: 2,
    rng: () => 0,
    ...options,
  });
const hitA = { id: 'a', title: 'Title a', text: 'text a', score: 2, rank: 1 };
const hitB = { id: 'b', title: 'Title b', text: 'text b', score: 1, rank: 2 };

describe('dialects', () => {
  test('Search-R1: queries, topk, return_scores', async () => {
    script = [json({ result: [found('a', 'b'), []] })];
    expect(await client().search(['q1', 'q2'], 3)).toEqual([[hitA, hitB], []]);
    expect(seen).toEqual([
      { path: '/retrieve', body: { queries: ['q1', 'q2'], topk: 3, return_scores: true } },
    ]);
  });

  test('Search-R1 without scores, with title and text, without ids: the id follows from the text', async () => {
    const row = { title: 'Carmen', text: 'An opera.', contents: '"x"\ny' };
    script = [json({ result: [[row, { id: 7, contents: 'no title' }]] })];
    const [[first, second] = []] = await client().search(['q'], 3);
    expect(first).toMatchObject({ title: 'Carmen', text: 'An opera.', score: 0, rank: 1 });
    expect(first?.id).toMatch(/^p[0-9a-f]{12}$/);
    expect(second).toMatchObject({ id: '7', title: '', text: 'no title', rank: 2 });
  });

  test('AutoCoA: one query is a string, several are a list', async () => {
    const one = { documents: [document('a'), document('b')], scores: [2, 1] };
    script = [json(one), json([one, { documents: [] }])];
    const autoCoa = client({ dialect: 'autoCoa' });
    expect(await autoCoa.search(['q1'], 2)).toEqual([[hitA, hitB]]);
    expect(await autoCoa.search(['q1', 'q2'], 2)).toEqual([[hitA, hitB], []]);
    expect(seen.map(({ body }) => body)).toEqual([
      { query: 'q1', tok_k: 2, return_score: true },
      { query: ['q1', 'q2'], tok_k: 2, return_score: true },
    ]);
  });

  test('FlashRAG: search and batch_search', async () => {
    const pair = [document('a'), document('b')];
    script = [
      json([pair, [2, 1]]),
      json([
        [pair, []],
        [[2, 1], []],
      ]),
      json([[], []]),
    ];
    const flashRag = client({ dialect: 'flashRag' });
    expect(await flashRag.search(['q1'], 2)).toEqual([[hitA, hitB]]);
    expect(await flashRag.search(['q1', 'q2'], 2)).toEqual([[hitA, hitB], []]);
    expect(await flashRag.search(['q1'], 2)).toEqual([[]]);
    expect(seen.map(({ path, body }) => [path, body.query, body.top_n])).toEqual([
      ['/search', 'q1', 2],
      ['/batch_search', ['q1', 'q2'], 2],
      ['/search', 'q1', 2],
    ]);
  });

  test('an address with a path is taken as it is; no query is no request', async () => {
    script = [good];
    await client({ url: `${url}/v2/find` }).search(['q'], 1);
    expect(seen[0]?.path).toBe('/v2/find');
    expect(await client().search([], 3)).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  test('more hits than asked for are left out; half a surrogate pair does not reach the server', async () => {
    script = [json({ result: [found('a', 'b', 'c')] })];
    expect((await client().search(['half \ud83d'], 1))[0]).toHaveLength(1);
    expect(seen[0]?.body.queries).toEqual(['half \uFFFD']);
  });
});

describe('what may pass is tried again', () => {
  test.each<[string, Reply]>([
    ['429', status(429, { 'retry-after': '0' })],
    ['500', status(500)],
    ['503 with a date', status(503, { 'retry-after': new Date(0).toUTCString() })],
    ['garbage', (response) => response.end('<html>Bad gateway</html>')],
    ['half a stream', halfStream],
    ['a connection lost', hangUp],
  ])('%s', async (_, reply) => {
    script = [reply, good];
    expect(await client().search(['q'], 2)).toEqual([[hitA, hitB]]);
    expect(seen).toHaveLength(2);
  });

  test.each<[string, Reply]>([
    ['nothing at all', silent],
    ['a stream that stalls', stalled],
  ])('%s, after its time', async (_, reply) => {
    script = [reply, good];
    expect(await client({ timeoutMs: 100 }).search(['q'], 2)).toEqual([[hitA, hitB]]);
  });

  test('Retry-After is waited for', async () => {
    script = [status(429, { 'retry-after': '1' }), good];
    const started = performance.now();
    await client().search(['q'], 2);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  test('waits double and are jittered by the generator that was passed in', async () => {
    script = [status(500), status(500), good];
    const started = performance.now();
    // rng 0.5: 200 * 1 + 400 * 1
    await client({ rng: () => 0.5 }).search(['q'], 2);
    const took = performance.now() - started;
    expect(took).toBeGreaterThanOrEqual(590);
    expect(took).toBeLessThan(2_000);
  });
});

describe('what does not pass is an error that names the server', () => {
  test.each<[string, Reply, RegExp, number]>([
    ['500 for ever', status(500), /answered 500: busy <b>now<\/b> \(attempt 3, the last\)/, 3],
    ['garbage for ever', (r) => r.end('oops'), /answered no JSON: oops/, 3],
    ['an empty answer', (r) => r.end(), /answered no JSON: \(nothing\)/, 3],
    ['404', status(404), /answered 404: busy/, 1],
    ['422', status(422), /answered 422: busy/, 1],
    ['another form', json({ documents: [] }), /not of the form 'searchR1'/, 1],
    ['a document without text', json({ result: [[{ id: 'a' }]] }), /not of the form/, 1],
    [
      'a score that is no number',
      json({ result: [[{ document: document('a'), score: 'x' }]] }),
      /not of the form/,
      1,
    ],
    ['fewer lists than queries', json({ result: [] }), /1 queries were answered with 0 lists/, 1],
    ['null', json(null), /not of the form/, 1],
  ])('%s', async (_, reply, message, attempts) => {
    script = [reply];
    const failed = client().search(['q'], 2);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toThrow(url);
    expect(seen).toHaveLength(attempts);
  });

  test('a server that is not there, and silence', async () => {
    const nowhere = client({ url: 'http://127.0.0.1:9', retries: 0 });
    await expect(nowhere.search(['q'], 1)).rejects.toThrow(/127\.0\.0\.1:9/);
    script = [silent];
    const waiting = client({ timeoutMs: 50, retries: 1 });
    await expect(waiting.search(['q'], 1)).rejects.toThrow('no answer within 50 ms (attempt 2');
  });

  test('misuse', () => {
    expect(() => client({ url: 'localhost:8000' })).toThrow("'localhost:8000' is no http address");
    expect(() => client({ timeoutMs: 0 })).toThrow('got 0');
    expect(() => client({ retries: 0.5 })).toThrow('got 0.5');
  });
});

test('an abort ends the call at once, waiting or asking, with its reason', async () => {
  for (const reply of [silent, status(429, { 'retry-after': '20' })]) {
    script = [reply];
    const controller = new AbortController();
    const pending = client().search(['q'], 1, controller.signal);
    setTimeout(() => controller.abort(new Error('Ctrl-C')), 60);
    await expect(pending).rejects.toThrow('Ctrl-C');
  }
});

describe('behind the search tool', () => {
  const environment = () =>
    toolEnvironment(
      [
        searchTool(client({ rng: seededRng(1), retries: 0 }), {
          topK: 2,
          maxTokens: 50,
          countTokens: (text) => text.split(/\s+/).length,
        }),
      ],
      { callLimit: 10, timeoutMs: 5_000 },
    );

  test('a server out of order is a failed call, not an exception', async () => {
    script = [status(500)];
    const call = callInfo(0);
    expect(await environment().observe({ tool: 'search', input: 'x' }, call)).toMatchObject({
      text: 'Retrevial failed.',
      failure: 'failed',
    });
  });

  describe('with a server in order', () => {
    beforeAll(() => {
      script = [good];
    });
    testEnvironment(environment);
  });
});
