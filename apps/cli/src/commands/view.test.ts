import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { storeForEachTest, storeRun } from './stored-runs.test-data.ts';
import { viewCommand } from './view.ts';

const at = storeForEachTest();

const view = (...words: readonly string[]) =>
  at.run(
    viewCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined }),
    ...words,
  );

test('prints an address with a token, serves the store under it, and ends at Ctrl-C', async () => {
  storeRun(at.file, 'toy-1a', 3, { CoA: 2 });
  const command = view();
  await expect.poll(() => at.printed.length, { timeout: 60_000 }).toBe(1);
  const [url] = at.printed[0]!.split('\n');
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
  expect(await (await fetch(url!)).text()).toContain('toy-1a');
  process.emit('SIGINT');
  await command;
  await expect(fetch(url!)).rejects.toThrow();
}, 120_000);

test('a store that is not there, a port that is none and one that is taken are said', async () => {
  await expect(view()).rejects.toThrow('no run store');
  storeRun(at.file, 'toy-1a', 1, { CoA: 1 });
  await expect(view('--port', '70000')).rejects.toThrow('65535');
  const taken = await new Promise<Server>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
  const { port } = taken.address() as AddressInfo;
  await expect(view('--port', String(port))).rejects.toThrow('EADDRINUSE');
  taken.close();
}, 120_000);
