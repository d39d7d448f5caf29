import type { Rng } from '@coa/core';
import { AttemptFailure, post } from '@coa/download';
import { withDeadline } from './deadline.ts';
import { type RetrievalDialect, readAnswer, retrievalDialects } from './retrieval-dialects.ts';
import type { Retriever } from './retriever.ts';

export type RetrievalServerOptions = {
  /** `http://host:port` (the dialect's path is added) or the endpoint's whole address. */
  readonly url: string;
  readonly dialect: RetrievalDialect;
  /** What the server searches; part of the fingerprint, because a server does not tell. */
  readonly corpus: string;
  /** Per attempt, from the request to the answer's last byte. */
  readonly timeoutMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Spreads the waits between attempts; it decides no result. */
  readonly rng: Rng;
};

/** Longest wait that a server may ask for. */
const longestWaitMs = 30_000;
/** Largest answer that is read. */
const longestAnswer = 64 * 1024 * 1024;
const firstWaitMs = 200;

const textOf = async (response: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > longestAnswer)
      throw new AttemptFailure('the answer is over 64 MiB', { passing: false });
  }
  return text + decoder.decode();
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text || '(nothing)';
    throw new Error(`answered no JSON: ${shown}`);
  }
};

const nameOf = (url: string): string => `retrieval server ${url}`;

const endpoint = (url: string, path: string): string => {
  const parsedUrl = new URL(url);
  return parsedUrl.pathname === '/' ? new URL(path, parsedUrl).href : parsedUrl.href;
};

const ask = (
  url: string,
  body: unknown,
  call: RetrievalServerOptions & { readonly signal: AbortSignal | undefined },
): Promise<unknown> => {
  const { retries, rng: jitter, timeoutMs, signal } = call;
  const waits = { retries, firstWaitMs, longestWaitMs, jitter };
  return post({ url, name: nameOf(url), body, signal, ...waits }, (send) =>
    withDeadline(timeoutMs, signal, async (limited) => parsed(await textOf(await send(limited)))),
  );
};

const assertOptions = ({ url, timeoutMs, retries }: RetrievalServerOptions): void => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`'${url}' is no http address of a retrieval server`);
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31))
    throw new RangeError(`timeoutMs must be over 0 and under 2^31, got ${timeoutMs}`);
  if (!Number.isInteger(retries) || retries < 0)
    throw new RangeError(`retries must be a whole number from 0 on, got ${retries}`);
};

/**
 * A retrieval server as a retriever: one POST per call, for one query or many. What may pass (408, 429, 5xx, a lost
 * connection, a time-out, half an answer) is tried again with growing, jittered waits; Retry-After is honoured.
 * Rejects, naming the server and what it said, when attempts are used up or an answer has another form.
 */
export const retrievalServer = (options: RetrievalServerOptions): Retriever => {
  assertOptions(options);
  const { dialect, corpus } = options;
  const { path, body } = retrievalDialects[dialect];
  return {
    name: `${dialect} server`,
    fingerprint: `server:${dialect}:${options.url}:${corpus}`,
    search: async (queries, k, signal) => {
      if (queries.length === 0) return [];
      const url = endpoint(options.url, path(queries));
      // half a surrogate pair is no JSON to a strict server
      const asked = queries.map((query) => query.toWellFormed());
      const answer = await ask(url, body(asked, k), { ...options, signal });
      try {
        return readAnswer(dialect, answer, { queries: queries.length, k });
      } catch (cause) {
        throw new Error(`${nameOf(url)}: ${(cause as Error).message}`, { cause });
      }
    },
  };
};
