import { expect, test } from 'vitest';
import { stateCache } from './state-cache.ts';

test('made once while nothing changes, anew when it does, no more often than making allows', async () => {
  let now = 0;
  let stamp = 'a';
  let made = 0;
  const cache = stateCache(() => now);
  const read = () =>
    cache.now(
      'k',
      () => stamp,
      async (version) => {
        made += 1;
        now += 10;
        return { version };
      },
    );
  expect(await read()).toEqual({ version: 'a' });
  now += 1000;
  expect(await Promise.all([read(), read()])).toEqual([{ version: 'a' }, { version: 'a' }]);
  expect(made).toBe(1);
  stamp = 'b';
  expect(await Promise.all([read(), read()])).toEqual([{ version: 'b' }, { version: 'b' }]);
  expect(made).toBe(2);
  stamp = 'c';
  // making took 10: what was made 40 ago is still good
  now += 40;
  expect((await read()).version).toBe('b');
  now += 10;
  expect((await read()).version).toBe('c');
  expect(cache.earlier('k', 'a')).toEqual({ version: 'a' });
  expect(cache.earlier('k', 'z')).toBeNull();
  expect(cache.earlier('other', 'a')).toBeNull();
});

test('what failed is tried again, and old keys and states give way', async () => {
  const cache = stateCache(() => 0);
  const failing = cache.now(
    'k',
    () => 'a',
    () => Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  const make = async (version: string) => ({ version });
  for (const version of ['a', 'b', 'c', 'd']) await cache.now('k', () => version, make);
  expect(cache.earlier('k', 'a')).toBeNull();
  expect(cache.earlier('k', 'b')).not.toBeNull();
  for (let i = 0; i < 8; i++) await cache.now(`other ${i}`, () => 'a', make);
  expect(cache.earlier('k', 'd')).toBeNull();
});
