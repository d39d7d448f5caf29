import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explain } from './explain.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-explain-'));
const file = join(folder, 'file');
writeFileSync(file, '');

const caught = (work: () => unknown): unknown => {
  try {
    work();
  } catch (cause) {
    return cause;
  }
  return expect.unreachable();
};

test('what the operating system refuses is said with the place and what to do', () => {
  const said = (work: () => unknown): string => explain(caught(work));
  expect(said(() => mkdirSync(join(file, 'deep'), { recursive: true }))).toBe(
    `cannot mkdir ${file}/deep: a part of the path is a file, not a folder; check the path [ENOTDIR]`,
  );
  expect(said(() => writeFileSync(join(folder, 'no/x'), ''))).toMatch(
    /^cannot open .*no\/x: it, or the folder that it lies in, is not there; .* \[ENOENT\]$/,
  );
  expect(said(() => writeFileSync(folder, ''))).toContain('it is a folder; name a file');
  expect(said(() => writeFileSync(file, '', { flag: 'wx' }))).toContain(
    'a file stands there already',
  );
});

test('a port that is taken', async () => {
  const taken = createServer();
  await new Promise<void>((done) => void taken.listen(0, '127.0.0.1', done));
  const { port } = taken.address() as AddressInfo;
  const second = createServer();
  const cause = await new Promise(
    (done) => void second.on('error', done).listen(port, '127.0.0.1'),
  );
  taken.close();
  expect(explain(cause)).toBe(
    `cannot listen 127.0.0.1:${port}: another program listens there; give another port, or none [EADDRINUSE]`,
  );
});

test('sentences of ours, and what is no error, stay as they are', () => {
  expect(explain(new Error('no run nope'))).toBe('no run nope');
  expect(explain('text')).toBe('text');
  const other = Object.assign(new Error('EXDEV: cross-device'), { code: 'EXDEV', syscall: 'link' });
  expect(explain(other)).toBe('EXDEV: cross-device');
  expect(explain(caught(() => readFileSync(file, 'no-encoding' as 'utf8')))).toContain(
    'no-encoding',
  );
});
