import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { download } from './download.ts';
import { serve } from './server.test-data.ts';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const from = (request: IncomingMessage): number =>
  Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
const target = () => join(mkdtempSync(join(tmpdir(), 'coa-download-')), 'deep', 'file.bin');

test('a connection that breaks half-way is resumed where it broke', async () => {
  const starts: number[] = [];
  const url = await serve((request, response, n) => {
    const start = from(request);
    starts.push(start);
    response.writeHead(start ? 206 : 200, { 'content-length': content.length - start });
    if (n === 0) {
      response.write(content.subarray(0, 70_000), () => setTimeout(() => response.destroy(), 50));
    } else response.end(content.subarray(start));
  });
  const file = target();
  expect(await download({ url, file, sha256 })).toBe(sha256);
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(starts[0]).toBe(0);
  expect(starts[1]).toBeGreaterThan(0);
  expect(existsSync(`${file}.part`)).toBe(false);
});

test('a wrong hash keeps nothing and names both', async () => {
  const url = await serve((_, response) => response.end('something else'));
  const file = target();
  await expect(download({ url, file, sha256 })).rejects.toThrow(`instead of ${sha256}`);
  expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
});

test('404 is final; 500 is tried again', async () => {
  let requests = 0;
  const missing = await serve((_, response) => {
    requests += 1;
    response.writeHead(404).end();
  });
  await expect(download({ url: missing, file: target(), sha256 })).rejects.toThrow('answered 404');
  expect(requests).toBe(1);
  const flaky = await serve((_, response, n) =>
    n === 0 ? response.writeHead(500).end() : response.end(content),
  );
  expect(await download({ url: flaky, file: target(), sha256 })).toBe(sha256);
});

test('a server that says nothing is given up after the idle time', async () => {
  const url = await serve(() => undefined);
  await expect(download({ url, file: target(), sha256, idleMs: 50, retries: 0 })).rejects.toThrow(
    /127\.0\.0\.1:\d+ cannot be reached/,
  );
});
