import { expect, test } from 'vitest';
import { adviceFor, type Machine, productSpeed, readMachine } from './diagnosis.ts';
import { type Compute, openCompute } from './open-compute.ts';

const machine: Machine = {
  cpu: 'a processor',
  cores: 4,
  memoryBytes: 2 ** 34,
  load: 0.2,
  node: 'v20.20.0',
  nvidia: false,
  nativeObstacle: null,
};
const native: Compute = { backend: 'native', detail: 'avx2', threads: 4, why: '', fingerprint: '' };
const wasm: Compute = { ...native, backend: 'wasm', detail: 'relaxed-simd' };

test('nothing is advised where nothing would help', () => {
  expect(adviceFor(native, machine)).toEqual([]);
});

test.each<[string, Compute, Partial<Machine>, RegExp]>([
  [
    'the obstacle to native kernels is passed on',
    wasm,
    { nativeObstacle: 'not built (no C compiler)' },
    /no C compiler/,
  ],
  ['native kernels that are there are named', wasm, {}, /--backend native/],
  ['idle cores', { ...native, threads: 1 }, {}, /--threads 4/],
  ['too many threads', { ...native, threads: 9 }, {}, /9 threads share 4 cores/],
  ['busy neighbours', native, { load: 3.9 }, /load 3\.9/],
  ['a GPU', native, { nvidia: true }, /tfjs-node-gpu/],
  ['plain JavaScript', { ...native, backend: 'plain', threads: 1 }, {}, /--backend auto/],
  ['more cores than threads can be', { ...native, threads: 8 }, { cores: 192 }, /--threads 64/],
])('advice: %s', (_, compute, changes, expected) => {
  const advice = adviceFor(compute, { ...machine, ...changes });
  expect(advice).toHaveLength(1);
  expect(advice[0]).toMatch(expected);
});

test('this machine is read, and its speed measured', async () => {
  await openCompute({ threads: 1 });
  expect(readMachine().cores).toBeGreaterThanOrEqual(1);
  expect(productSpeed()).toBeGreaterThan(0.5);
});
