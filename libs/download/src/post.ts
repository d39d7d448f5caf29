import pRetry from 'p-retry';
import { onAbort } from './on-abort.ts';

export type PostOptions = {
  readonly url: string;
  /** What failures call the server; default: its address. */
  readonly name?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Attempts after the first. */
  readonly retries: number;
  /** Before the second attempt; doubled for each one after it, times 0.5 to 1.5. */
  readonly firstWaitMs: number;
  /** Longest wait that a server may ask for. */
  readonly longestWaitMs: number;
  /** A number in [0, 1) for the wait after an attempt: spreads the waits of many callers. */
  readonly jitter: (attempt: number) => number;
  /** By status: what to check, added to what the server says. */
  readonly hints?: Readonly<Record<number, string>>;
  readonly signal: AbortSignal | undefined;
};

/** Posts once; throws an AttemptFailure where the server refuses. */
export type Send = (signal: AbortSignal) => Promise<Response>;

/** A failed attempt: whether another may pass, and how long the server asks to wait. */
export class AttemptFailure extends Error {
  readonly passing: boolean;
  readonly waitMs: number | null;
  constructor(
    message: string,
    facts: { readonly passing: boolean; readonly waitMs?: number | null; readonly cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.passing = facts.passing;
    this.waitMs = facts.waitMs ?? null;
  }
}

/** Retry-After in seconds, or as a date read against the answer's own Date: our clock does not matter. */
const retryAfterMs = (headers: Headers, longest: number): number | null => {
  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') return null;
  const seconds = Number(value);
  const wait = Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), longest);
};

const shownLength = 200;

/** The beginning of what a refusal says, on one line; the rest is not read. */
const said = async ({ body }: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of body ?? []) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      if (text.length >= shownLength) break;
    }
  } catch {
    // what came until it broke off says enough
  }
  return text.slice(0, shownLength).replace(/\s+/g, ' ').trim() || 'nothing';
};

const nameOf = ({ name, url }: PostOptions): string => name ?? url;

const refusal = async (response: Response, options: PostOptions): Promise<AttemptFailure> => {
  const { status, headers } = response;
  const hint = options.hints?.[status];
  const checked = hint === undefined ? '' : ` (${hint})`;
  return new AttemptFailure(
    `${nameOf(options)} answered ${status}${checked}: ${await said(response)}`,
    {
      passing: status === 408 || status === 429 || status >= 500,
      waitMs: retryAfterMs(headers, options.longestWaitMs),
    },
  );
};

const sender =
  (options: PostOptions): Send =>
  async (signal) => {
    const response = await fetch(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...options.headers },
      body: JSON.stringify(options.body),
      signal,
    });
    if (!response.ok) throw await refusal(response, options);
    return response;
  };

/** `fetch failed` says nothing: its cause does. */
const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const deeper = cause.cause instanceof Error ? cause.cause.message : '';
  return deeper === '' ? cause.message : `${cause.message}: ${deeper}`;
};

const failureOf = (cause: unknown, options: PostOptions): AttemptFailure =>
  cause instanceof AttemptFailure
    ? cause
    : new AttemptFailure(`${nameOf(options)}: ${reasonOf(cause)}`, { passing: true, cause });

/** Waits; an abort ends it with the signal's reason. */
const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  let release = (): void => {};
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    release = onAbort(signal, () => {
      clearTimeout(timer);
      resolve();
    });
  });
  release();
  signal?.throwIfAborted();
};

const waitMs = (failure: AttemptFailure, tries: number, options: PostOptions): number =>
  failure.waitMs ?? options.firstWaitMs * 2 ** (tries - 1) * (0.5 + options.jitter(tries));

/**
 * Posts JSON until `attempt` has read an answer: it is given what posts, and its number from 1 on. Whatever it throws may pass
 * with another attempt, but for an AttemptFailure that says otherwise; so may 408, 429 and 5xx.
 * @throws what happened last, with the server's name; the signal's reason.
 */
export const post = async <T>(
  options: PostOptions,
  attempt: (send: Send, tries: number) => Promise<T>,
): Promise<T> => {
  const { signal, retries } = options;
  const send = sender(options);
  const tryOnce = async (tries: number): Promise<T> => {
    try {
      return await attempt(send, tries);
    } catch (cause) {
      signal?.throwIfAborted();
      const failure = failureOf(cause, options);
      if (failure.passing && tries <= retries) throw failure;
      const last = tries > 1 ? ` (attempt ${tries}, the last)` : '';
      throw new Error(`${failure.message}${last}`, { cause });
    }
  };
  signal?.throwIfAborted();
  return pRetry(tryOnce, {
    retries,
    minTimeout: 0,
    // the wait is ours: a server may ask for it
    shouldRetry: async ({ error, attemptNumber }) => {
      if (!(error instanceof AttemptFailure)) return false;
      await pause(waitMs(error, attemptNumber, options), signal);
      return true;
    },
  });
};
