import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@coa/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StoreServer, serveStore } from './serve.ts';
import {
  appendStep,
  hostile,
  manifestOf,
  questionOf,
  recordOf,
  storeAll,
  trainingKey,
} from './store.test-data.ts';

type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** As it is asked, byte by byte: `fetch` would mend addresses and hosts. */
const ask = (
  url: string,
  {
    method = 'GET',
    path,
    headers = {},
  }: { method?: string; path?: string; headers?: Record<string, string> } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname, search } = new URL(url);
    const asked = request(
      { hostname, port, method, path: path ?? pathname + search, headers },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body }),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });

describe('the server of a store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-view-'));
  const file = join(folder, 'runs.db');
  let store: Store;
  let server: StoreServer;
  const page = (path: string): string => `${server.url}${path}`;
  const tokenOf = (): string => new URL(server.url).pathname.split('/')[1]!;

  beforeAll(async () => {
    storeAll(file);
    store = openStore(file, { readonly: true });
    const tokenTexts = async () => () => 'No tokenizer here.';
    server = await serveStore({ store, port: 0, tokenTexts, clock: () => performance.now() });
  });
  afterAll(async () => {
    await server?.close();
    store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('listens on this machine alone', async () => {
    const { port } = new URL(server.url);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
    const reached = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: Number(port) });
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    expect(reached).toBe(false);
  });

  test('without the token, every address is the same nothing', async () => {
    const answers = await Promise.all(
      ['/', '/wrong/', '/client.js', '/run/toy-1a', `/${tokenOf().slice(0, -1)}/`].map((path) =>
        ask(server.url, { path }),
      ),
    );
    for (const { status, headers, body } of answers) {
      expect([status, body]).toEqual([404, 'There is nothing here.\n']);
      expect(body + JSON.stringify(headers)).not.toContain(tokenOf());
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('only reads, only under its own names', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask(server.url, { method })).status).toBe(405);
    const { port } = new URL(server.url);
    expect((await ask(server.url, { headers: { Host: `evil.example:${port}` } })).status).toBe(403);
    expect((await ask(server.url, { headers: { Host: `localhost:${port}` } })).status).toBe(200);
    const head = await ask(server.url, { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(500);
  });

  test('is kept by nobody, framed by nobody, and runs its own scripts alone', async () => {
    const { headers } = await ask(server.url);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each([
    '../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    'run/..%2f..%2fruns.db',
    'run/%00',
    'run/toy-1a/source/chunk/-1',
    'run/toy-1a/source/chunk/1e9',
    'run/toy-1a/source/index/x',
    'run/toy-1a/records?ids=1;DROP',
    'run/toy-1a/records',
    'training/none',
    'training/k%2F1%3F%23/step/0',
    'client.js/x/..',
    'nothing',
  ])('%s names nothing', async (path) => {
    const { status, body } = await ask(server.url, { path: `/${tokenOf()}/${path}` });
    expect([status, /root:|SQLite format/.test(body)]).toEqual([
      path === 'client.js/x/..' ? 200 : 404,
      false,
    ]);
  });

  test('hostile text is in no page as markup', async () => {
    const run = encodeURIComponent(`hostile-${hostile}`);
    const training = `training/${encodeURIComponent(trainingKey)}`;
    for (const path of ['', `run/${run}`, 'trainings', training, `${training}/step/2`]) {
      const { status, body } = await ask(page(path));
      expect(status, path).toBe(200);
      expect(body, path).not.toMatch(/<img|<script>|<!--/);
      expect(body, path).toContain('&lt;img');
    }
  });

  test('a page that was asked for again is not sent again until somebody writes', async () => {
    const { headers } = await ask(page('trainings'));
    const etag = { 'If-None-Match': headers.etag! };
    expect((await ask(page('trainings'), { headers: etag })).status).toBe(304);
    const writer = openStore(file);
    writer.labelRun('toy-1a', { add: ['kept'] });
    expect((await ask(page('trainings'), { headers: etag })).status).toBe(304);
    appendStep(writer, 3);
    writer.close();
    const news = await ask(page('trainings'), { headers: etag });
    expect(news.status).toBe(200);
    expect(news.body).toContain('3 of 4 steps');
  });

  test('a source gives its list, then chunks of the same state; a state that is gone is said to be', async () => {
    const index = await ask(page('run/toy-1a/source/index'));
    const version = index.body.split('\n')[0]!;
    expect((await ask(page(`run/toy-1a/source/chunk/2?version=${version}`))).status).toBe(200);
    expect((await ask(page('run/toy-1a/source/chunk/0?version=older'))).status).toBe(409);
  });

  test('what cannot be compared is explained, in the form', async () => {
    const asked = async (query: string) => (await ask(page(`compare?${query}`))).body;
    expect(await asked('a=toy-1a:CoA&b=toy-1a:ReAct')).toContain('id="forest-0"');
    expect(await asked('a=toy-1a:CoA&b=toy-1a:CoA')).toContain('are the same');
    expect(await asked('a=toy-1a:CoA&b=toy-1a:Nope')).toContain('no arm &#39;Nope&#39;');
    expect(await asked('a=toy-1a:CoA&b=zzz:X')).toContain('no run');
    expect(await asked('a=toy-1a:CoA&b=toy-1a:ReAct&metric=nope')).toContain('no metric');
    const other = `b=${encodeURIComponent(`hostile-${hostile}:${hostile}`)}`;
    expect(await asked(`a=toy-1a:CoA&${other}`)).toContain('no question in common');
  });

  test('a run that grows shows its newest attempts; new ones appear', async () => {
    const writer = openStore(file);
    const runId = 'grow-1';
    writer.startRun(manifestOf({ runId }), []);
    writer.appendRecord(recordOf(questionOf('n1', 'First?'), { runId }));
    const first = await ask(page('run/grow-1'));
    expect(first.body).toContain('being written now');
    expect(first.body).toContain('First?');
    writer.appendRecord(recordOf(questionOf('n2', 'Second?'), { runId }));
    const records = /records\?ids=(\d+)/.exec(first.body)![1]!;
    expect((await ask(page(`run/grow-1/records?ids=${records}`))).status).toBe(200);
    await expect
      .poll(async () => (await ask(page('run/grow-1'))).body, { timeout: 20_000 })
      .toContain('Second?');
    writer.close();
  });
});
