import { backendNames, nativeObstacle } from '@coa/compute';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { doctorCommand } from './doctor.ts';

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** `coa doctor ARGS`: what it printed, and what it complained of. */
const doctor = async (...args: string[]) => {
  const complaints: string[] = [];
  const command = doctorCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => complaints.push(text) });
  const failed = await command.parseAsync(args, { from: 'user' }).then(
    () => false,
    () => true,
  );
  return { text: printed.join('\n'), complaints: complaints.join(''), failed };
};

test('says which backend runs, why, with how many threads, how fast, and what would be faster', async () => {
  const { text } = await doctor('--backend', 'wasm', '--threads', '1');
  const lines = text.split('\n');
  expect(lines[0]).toMatch(/^backend {3}wasm \((relaxed-)?simd\): asked for$/);
  expect(lines[1]).toBe('threads   1');
  expect(lines[2]).toMatch(/^speed {5}\d+(\.\d)? GFLOP\/s in a 768 x 768 product$/);
  expect(lines[3]).toMatch(
    new RegExp(
      `^machine   .+, \\d+ cores, \\d+ GiB, Node ${process.version.replaceAll('.', '\\.')}$`,
    ),
  );
  expect(lines.slice(4).every((line) => line.startsWith('faster    '))).toBe(true);
  expect(text).toMatch(/faster {4}the native kernels are/);
});

test('without options it opens what `auto` would, and says why', async () => {
  const { text } = await doctor();
  expect(text).toMatch(
    nativeObstacle() === null
      ? /^backend {3}native \(\w+\): the native kernels are built$/m
      : /^backend {3}wasm \(.*\): the native kernels are not/m,
  );
});

test('--json gives the same as data', async () => {
  const { text } = await doctor('--json', '--backend', 'wasm-simd', '--threads', '2');
  const data = JSON.parse(text) as Record<string, unknown>;
  expect(data).toMatchObject({
    backend: 'wasm-simd',
    detail: 'simd',
    threads: 2,
    why: 'asked for',
    fingerprint: 'wasm-simd simd',
    machine: { node: process.version, cores: expect.any(Number), memoryBytes: expect.any(Number) },
    advice: expect.arrayContaining([expect.stringContaining('--backend')]),
  });
  expect(data.gflops).toBeGreaterThan(0);
});

test.each(['0', '65', '1.5', 'many', ''])('--threads %j is refused', async (threads) => {
  const { complaints, failed } = await doctor('--threads', threads);
  expect(failed).toBe(true);
  expect(complaints).toContain(`'${threads}' is not a whole number from 1 to 64.`);
  expect(printed).toEqual([]);
});

test('an unknown backend is refused with those that there are', async () => {
  const { complaints, failed } = await doctor('--backend', 'gpu');
  expect(failed).toBe(true);
  for (const name of ['auto', ...backendNames]) expect(complaints).toContain(name);
});

test('help shows examples', () => {
  const written: string[] = [];
  doctorCommand()
    .configureOutput({ writeOut: (text) => written.push(text) })
    .outputHelp();
  expect(written.join('')).toMatch(/Examples:\n {2}coa doctor/);
});
