/** What one signal calls, and the listener that calls it. */
type Waiting = { readonly works: Set<() => void>; readonly listener: () => void };

const waitingOn = new WeakMap<AbortSignal, Waiting>();

const beginWaiting = (signal: AbortSignal): Waiting => {
  const works = new Set<() => void>();
  const listener = (): void => {
    for (const work of works) work();
  };
  signal.addEventListener('abort', listener, { once: true });
  const waiting = { works, listener };
  waitingOn.set(signal, waiting);
  return waiting;
};

/**
 * Calls `work` when the signal aborts, unless it is released before; a signal that has aborted already calls nothing. However
 * many wait on a long-lived signal it has one listener, and none when all are released.
 * @returns what releases it.
 */
export const onAbort = (signal: AbortSignal | undefined, work: () => void): (() => void) => {
  if (signal === undefined || signal.aborted) return () => {};
  const { works, listener } = waitingOn.get(signal) ?? beginWaiting(signal);
  const own = () => work();
  works.add(own);
  return () => {
    if (!works.delete(own) || works.size > 0) return;
    signal.removeEventListener('abort', listener);
    waitingOn.delete(signal);
  };
};
