import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from './on-abort.ts';

test('many wait on one signal by one listener; who was released is not called', () => {
  const stop = new AbortController();
  const called: number[] = [];
  const releases = Array.from({ length: 40 }, (_, i) =>
    onAbort(stop.signal, () => void called.push(i)),
  );
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
  for (const release of releases.slice(2)) release();
  stop.abort();
  expect(called).toEqual([0, 1]);
});

test('nothing stays on a signal when all are released, and it can be waited on again', () => {
  const stop = new AbortController();
  const called: string[] = [];
  const first = onAbort(stop.signal, () => void called.push('first'));
  first();
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  onAbort(stop.signal, () => void called.push('second'));
  // released already: takes nothing from the others
  first();
  stop.abort();
  expect(called).toEqual(['second']);
});

test('work that releases other work while the signal aborts', () => {
  const stop = new AbortController();
  const called: string[] = [];
  onAbort(stop.signal, () => {
    called.push('first');
    release();
  });
  const release = onAbort(stop.signal, () => void called.push('second'));
  stop.abort();
  expect(called).toEqual(['first']);
});

test('no signal, or one that has aborted: nothing is called', () => {
  const work = () => expect.unreachable();
  onAbort(undefined, work)();
  onAbort(AbortSignal.abort(), work)();
});
