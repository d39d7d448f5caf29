import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fusedBackend } from './backend.ts';
import { nativeObstacle } from './native-build.ts';
import { currentFingerprint, openCompute } from './open-compute.ts';
import { linear } from './ops/linear.ts';
import { ourBackends } from './our-backends.test-data.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What a script printed, and its exit code: null where it was killed, after 25 s. */
const runScript = async (script: string, ...args: string[]) => {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: here('../../..'),
  });
  let [printed, complaints] = ['', ''];
  child.stdout.on('data', (data) => {
    printed += data;
  });
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 25_000);
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  clearTimeout(timer);
  return { lines: printed.trim().split('\n'), complaints, code };
};

describe('threads', () => {
  test.each([0, -1, 1.5, 65, Number.NaN])('%d is refused', async (threads) => {
    for (const backend of [...ourBackends, 'auto', 'plain'] as const)
      await expect(openCompute({ backend, threads })).rejects.toThrow(
        `threads is ${threads}; it must be a whole number from 1 to 64`,
      );
  });

  test.each(ourBackends)('%s: 1, then 4, then 2 of them', async (backend) => {
    for (const threads of [1, 4, 2]) {
      const compute = await openCompute({ backend, threads });
      expect(compute.threads).toBe(threads);
      expect(fusedBackend()!.kernels.threads()).toBe(threads);
    }
  });
});

describe('what runs, and why', () => {
  test.each(ourBackends)('%s was asked for', async (backend) => {
    const compute = await openCompute({ backend, threads: 2 });
    expect(compute).toMatchObject({ backend, threads: 2, why: 'asked for' });
    expect(compute.fingerprint).toBe(`${backend} ${compute.detail}`);
    expect(tf.getBackend()).toBe(`coa-${backend}`);
    const instructions = {
      native: ['avx512', 'avx2', 'base'],
      wasm: ['relaxed-simd'],
      'wasm-simd': ['simd'],
    };
    expect(instructions[backend]).toContain(compute.detail);
  });

  test('plain is tfjs itself', async () => {
    const compute = await openCompute({ backend: 'plain' });
    expect(compute).toMatchObject({ backend: 'plain', threads: 1, fingerprint: 'plain' });
    expect(fusedBackend()).toBeNull();
  });

  test.skipIf(nativeObstacle() !== null)('auto is native where it is built', async () => {
    expect(await openCompute({ threads: 2 })).toMatchObject({
      backend: 'native',
      why: 'the native kernels are built',
    });
  });

  test.skipIf(nativeObstacle() !== null)(
    'auto is WASM where native cannot be, and says why',
    async () => {
      const copy = mkdtempSync(join(tmpdir(), 'coa-compute-'));
      for (const part of ['src', 'scripts', 'kernels', 'package.json'])
        cpSync(here(`../${part}`), join(copy, part), { recursive: true });
      symlinkSync(here('../../../node_modules'), join(copy, 'node_modules'));
      const { lines, complaints, code } = await runScript(
        join(copy, 'src/auto-choice.test-data.ts'),
        here('../build/coa-kernels.node'),
      );
      rmSync(copy, { recursive: true });
      expect(code, complaints).toBe(0);
      const choices = lines.map((line) => JSON.parse(line) as { backend: string; why: string });
      expect(choices.map(({ backend }) => backend)).toEqual([
        'wasm',
        'wasm',
        'wasm',
        'native',
        'wasm',
      ]);
      const byHand = 'npm run build:native -w @coa/compute';
      expect(choices.map(({ why }) => why)).toEqual([
        `the native kernels are not built (install scripts did not run); with a C compiler at hand: ${byHand}`,
        `the native kernels are not built (no C compiler found (looked for cc)); with a C compiler at hand: ${byHand}`,
        expect.stringMatching(/^the native kernels are not loadable here \(Error: .*\); npm run/),
        'the native kernels are built',
        `the native kernels are built from other sources than these; ${byHand}`,
      ]);
    },
  );
});

describe.each([
  ['cuda', '@tensorflow/tfjs-node-gpu'],
  ['tensorflow', '@tensorflow/tfjs-node'],
] as const)('%s', (backend, name) => {
  afterEach(() => {
    if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
  });

  test('that is not installed: which package, and how to install it', async () => {
    const asked: string[] = [];
    const load = (wanted: string): Promise<unknown> => {
      asked.push(wanted);
      return Promise.reject(new Error(`Cannot find package '${wanted}'\nat a place`));
    };
    await expect(openCompute({ backend }, load)).rejects.toThrow(
      `the backend ${backend} needs ${name}, which does not load here (Cannot find package '${name}'); npm install --no-save ${name}@4.22.0`,
    );
    expect(asked).toEqual([name]);
  });

  test('that registers nothing', async () => {
    await expect(openCompute({ backend }, async () => ({}))).rejects.toThrow(
      `${name} is installed, but its backend does not start`,
    );
  });

  test('that does not start', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const load = async () => {
      tf.registerBackend('tensorflow', () => {
        throw new Error('no libcuda');
      });
    };
    await expect(openCompute({ backend }, load)).rejects.toThrow(
      `${name} is installed, but its backend does not start`,
    );
    warn.mockRestore();
  });

  test('that asks for what Node 23 removed from util: it is there', async () => {
    const module = util as unknown as { isNullOrUndefined?: (value: unknown) => boolean };
    const kept = module.isNullOrUndefined;
    delete module.isNullOrUndefined;
    await openCompute({ backend: 'plain' });
    const plain = tf.backend();
    const folder = mkdtempSync(join(tmpdir(), 'coa-package-'));
    const file = join(folder, 'index.cjs');
    // as tfjs-node 4.22.0 does in nodejs_kernel_backend.js
    writeFileSync(
      file,
      `const util_1 = require('util');
      exports.asked = [null, undefined, 0, ''].map((value) => (0, util_1.isNullOrUndefined)(value));`,
    );
    let asked: unknown;
    const load = async () => {
      const found = createRequire(import.meta.url)(file) as { asked: unknown };
      asked = found.asked;
      tf.registerBackend('tensorflow', () => plain);
      return {};
    };
    await openCompute({ backend }, load);
    expect(asked).toEqual([true, true, false, false]);
    if (kept) module.isNullOrUndefined = kept;
    rmSync(folder, { recursive: true });
    await openCompute({ backend: 'plain' });
  });

  test('that is there', async () => {
    await openCompute({ backend: 'plain' });
    const plain = tf.backend();
    const load = async () => {
      tf.registerBackend('tensorflow', () => plain);
      return { version: { 'tfjs-node': '4.22.0' } };
    };
    expect(await openCompute({ backend }, load)).toEqual({
      backend,
      detail: `${name} 4.22.0`,
      threads: null,
      why: 'asked for',
      fingerprint: `${name} 4.22.0`,
    });
    await openCompute({ backend: 'plain' });
  });
});

test('what computes now can be told by its fingerprint', async () => {
  for (const backend of [...ourBackends, 'plain'] as const) {
    const { fingerprint } = await openCompute({ backend, threads: 2 });
    expect(currentFingerprint()).toBe(fingerprint);
  }
});

test('opening again keeps the tensors that there are', async () => {
  for (const backend of ourBackends) {
    await openCompute({ backend, threads: 2 });
    const product = linear(tf.ones([2, 3]), tf.ones([4, 3]));
    await openCompute({ backend: 'plain' });
    await openCompute({ backend, threads: 3 });
    expect([...product.dataSync()]).toEqual(new Array(8).fill(3));
  }
});

test('a process that used every backend ends by itself', async () => {
  const { lines, complaints, code } = await runScript(here('short-process.test-data.ts'));
  expect(code, complaints).toBe(0);
  expect(lines).toEqual(ourBackends.map((backend) => `${backend} ${300 ** 3}`));
});
