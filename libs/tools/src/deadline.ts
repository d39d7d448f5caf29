import { onAbort } from '@coa/download';

/** A call that outlasted its time. */
export class DeadlineError extends Error {}

/**
 * Runs `run` with a signal that aborts after `ms` milliseconds or when `outer` does; then the promise rejects at
 * once, whether `run` heeds its signal or not. Nothing of it stays on `outer` when it settles: RL makes such calls by
 * the hundred thousand under one long-lived signal.
 * @throws DeadlineError; the outer signal's reason; what `run` throws.
 */
export const withDeadline = async <T>(
  ms: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  outer?.throwIfAborted();
  const inner = new AbortController();
  let release = (): void => {};
  const cut = new Promise<never>((_, reject) => {
    const stop = (reason: unknown) => {
      inner.abort(reason);
      reject(reason as Error);
    };
    const timer = setTimeout(() => stop(new DeadlineError(`no answer within ${ms} ms`)), ms);
    const listening = onAbort(outer, () => stop(outer?.reason));
    release = () => {
      clearTimeout(timer);
      listening();
    };
  });
  try {
    return await Promise.race([run(inner.signal), cut]);
  } finally {
    release();
  }
};
