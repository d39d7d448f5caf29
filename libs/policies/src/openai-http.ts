import { deriveSeed, seededRng } from '@coa/core';
import { onAbort, post, type Send } from '@coa/download';
import { type Answer, emptyAnswer, readAnswer } from './openai-stream.ts';

export type HttpSettings = {
  readonly url: string;
  readonly apiKey: string | null;
  /** Silence after which an attempt is given up. */
  readonly timeoutMs: number;
  readonly retries: number;
};

/** A request, and where its attempts are reported. */
export type Call = {
  readonly body: unknown;
  readonly stop: readonly string[];
  /** Of the jitter between attempts. */
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  /** Told of each attempt as it ends: the answer so far, and the error that ended it. */
  readonly onAttempt: (attempt: number, answer: Answer, error: Error | null) => Promise<void>;
};

/** Longest wait that a server may ask for. */
const longestWaitMs = 60_000;
const firstWaitMs = 250;

const hints: Readonly<Record<number, string>> = {
  400: 'check the options; extras: false leaves out what only some servers know',
  401: 'check the API key',
  403: 'check the API key',
  404: 'check URL and model name',
};

/** One attempt; silence longer than the time-out ends it, and so does the end of reading. */
const tryOnce = async (
  { timeoutMs }: HttpSettings,
  { signal, stop }: Call,
  { send, answer }: { readonly send: Send; readonly answer: Answer },
): Promise<void> => {
  const ended = new AbortController();
  const giveUp = () => ended.abort(new Error(`no answer for ${timeoutMs} ms`));
  const release = onAbort(signal, () => ended.abort(signal?.reason));
  let timer = setTimeout(giveUp, timeoutMs);
  const onData = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, timeoutMs);
  };
  try {
    await readAnswer(await send(ended.signal), answer, { onData, stop });
  } catch (cause) {
    throw ended.signal.aborted ? ended.signal.reason : cause;
  } finally {
    clearTimeout(timer);
    release();
  }
};

/**
 * Posts until an answer is read whole, at most `retries` times again where the failure may pass. Every attempt is
 * reported, aborted ones too. Throws what happened last, or the signal's reason.
 */
export const postForAnswer = (http: HttpSettings, call: Call): Promise<Answer> => {
  const { url, apiKey, retries } = http;
  const { body, signal, seed } = call;
  const headers = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const jitter = (tries: number) => seededRng(deriveSeed(seed, 'retry', tries))();
  const waits = { retries, firstWaitMs, longestWaitMs, jitter };
  return post({ url, headers, body, hints, signal, ...waits }, async (send, tries) => {
    const answer = emptyAnswer();
    const error = await tryOnce(http, call, { send, answer }).then(
      () => null,
      (cause: Error) => cause,
    );
    await call.onAttempt(tries, answer, error);
    if (error) throw error;
    return answer;
  });
};
