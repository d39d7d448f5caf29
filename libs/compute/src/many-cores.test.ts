import { expect, test, vi } from 'vitest';
import { openCompute } from './open-compute.ts';
import { ourBackends } from './our-backends.test-data.ts';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => 192,
}));

test('on a machine of 192 cores, as many threads as the pool can hold', async () => {
  expect(await openCompute({ backend: ourBackends[0] })).toMatchObject({ threads: 64 });
});
