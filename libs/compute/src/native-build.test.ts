import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { usableMemory } from './native-build.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let copy = '';
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'coa-build-'));
  for (const part of ['scripts', 'kernels', 'package.json'])
    cpSync(here(`../${part}`), join(copy, part), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true }));

const linkModules = (): void =>
  symlinkSync(here('../../../node_modules'), join(copy, 'node_modules'));

/** A compiler that says its version and does `otherwise` for the rest. */
const compilerThat = (otherwise: string): string => {
  const file = join(copy, 'compiler');
  writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${otherwise}\n`);
  chmodSync(file, 0o755);
  return file;
};

/** `node scripts/build-native.js` as `npm ci` runs it, in the copy. */
const build = (env: NodeJS.ProcessEnv, ...args: string[]) => {
  const script = join(copy, 'scripts/build-native.js');
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return { status, stderr };
};
const reasonFile = (): string => join(copy, 'build/why-not.txt');

test.each<[string, () => NodeJS.ProcessEnv, string]>([
  [
    'no compiler',
    () => {
      linkModules();
      return { PATH: join(copy, 'nowhere') };
    },
    'no C compiler found (looked for cc, gcc, clang)',
  ],
  [
    'a compiler that fails',
    () => {
      linkModules();
      return { CC: compilerThat('echo "kernels.c: no such instruction" >&2; exit 1') };
    },
    'kernels.c: no such instruction',
  ],
  [
    'a compiler that is killed',
    () => {
      linkModules();
      return { CC: compilerThat('kill -9 $$') };
    },
    'compiler',
  ],
  [
    'a compiler that makes nothing',
    () => {
      linkModules();
      return { CC: compilerThat('exit 0') };
    },
    'ENOENT',
  ],
  ['no headers', () => ({ CC: compilerThat('exit 0') }), "Cannot find module 'node-api-headers'"],
  ['COA_SKIP_NATIVE', () => ({ COA_SKIP_NATIVE: '1' }), 'COA_SKIP_NATIVE is set'],
])('%s: the build says why and does not fail the installation', (_, prepare, reason) => {
  const env = prepare();
  const { status, stderr } = build(env);
  expect(stderr).toContain('@coa/compute: no native kernels, WASM will be used: ');
  expect(stderr).toContain(reason);
  expect(status).toBe(0);
  expect(readFileSync(reasonFile(), 'utf8')).toContain(reason);
  expect(existsSync(join(copy, 'build/coa-kernels.node'))).toBe(false);
  expect(build(env, '--strict').status).toBe(1);
});

test('a build folder that cannot be made does not fail the installation', () => {
  linkModules();
  writeFileSync(join(copy, 'build'), 'in the way');
  const { status, stderr } = build({ CC: compilerThat('exit 0') });
  expect(stderr).toContain('WASM will be used: ENOTDIR');
  expect(stderr).toContain('the reason is not recorded');
  expect(status).toBe(0);
});

test('memory is what the machine has, or what the container may use of it', () => {
  expect(usableMemory(16, 0)).toBe(16);
  expect(usableMemory(16, 2 ** 60)).toBe(16);
  expect(usableMemory(16, 4)).toBe(4);
  expect(usableMemory()).toBeGreaterThan(2 ** 28);
});
