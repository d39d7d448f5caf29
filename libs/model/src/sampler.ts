import { setImmediate } from 'node:timers/promises';
import { pageSize } from '@coa/compute';
import { type Rng, seededRng } from '@coa/core';
import { type Decoder, openDecoder, pageBytes, type StepRows } from './decoder.ts';
import type { Model } from './model.ts';
import {
  clearPages,
  extendHold,
  type Hold,
  holdPages,
  openPageCache,
  type PageCache,
  pageTable,
  releaseHold,
  sharePage,
} from './page-cache.ts';

export type SampleRequest = {
  /** Token ids to continue; at least one. */
  readonly prompt: ArrayLike<number>;
  readonly maxTokens: number;
  /** 0 = greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** Called with each drawn token; true ends the sequence with it. */
  readonly stops?: (id: number) => boolean;
  readonly signal?: AbortSignal | undefined;
};

export type Sample = {
  readonly ids: Int32Array;
  /** Natural log, under temperature and top-p. */
  readonly logprobs: Float32Array;
  readonly finish: 'stop' | 'length';
};

export type SamplerOptions = {
  /** Most bytes of the KV cache; shared beginnings are kept while there is room. */
  readonly cacheBytes?: number;
};

export type Sampler = {
  /** Requests may come at any time; those at hand are evaluated together. The result does not depend on the others. */
  sample(request: SampleRequest): Promise<Sample>;
  /** Takes the model's weights as they are now. Only between requests. */
  refresh(): void;
  /** Token rows that went through the network so far; what was found in the cache did not. */
  rowsComputed(): number;
  close(): void;
};

type Sequence = {
  readonly request: SampleRequest;
  /** Prompt, then what was drawn. */
  readonly ids: number[];
  readonly logprobs: number[];
  readonly rng: Rng;
  readonly promptLength: number;
  hold: Hold | null;
  /** Positions in the cache. */
  written: number;
  readonly resolve: (sample: Sample) => void;
  readonly reject: (cause: unknown) => void;
};

/** Token rows of one step: long prompts are cut, so that others go on meanwhile. */
const rowsPerStep = 1024;

const assertRequest = (
  { prompt, maxTokens, temperature, topP }: SampleRequest,
  { config }: Model,
  pages: number,
): void => {
  const needed = prompt.length + maxTokens;
  if (prompt.length === 0)
    throw new RangeError('the prompt is empty: there is nothing to continue');
  if (!Number.isInteger(maxTokens) || maxTokens < 1)
    throw new RangeError(`maxTokens is ${maxTokens}; it must be a whole number of at least 1`);
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new RangeError(`temperature is ${temperature}; it must be at least 0`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP is ${topP}; it must be in (0, 1]`);
  if (needed > config.positions)
    throw new RangeError(
      `${prompt.length} tokens and ${maxTokens} more; the model has ${config.positions} positions`,
    );
  if (Math.ceil(needed / pageSize) > pages)
    throw new RangeError(
      `a sequence of ${needed} tokens does not fit the KV cache of ${pages * pageSize}; raise cacheBytes`,
    );
};

const endOf = ({ request, ids, promptLength }: Sequence): Sample['finish'] | null => {
  if (request.stops?.(ids.at(-1)!)) return 'stop';
  return ids.length - promptLength >= request.maxTokens ? 'length' : null;
};

/** Which tokens of which sequences the next step works on. */
const planStep = (
  active: readonly Sequence[],
  cache: PageCache,
): { readonly rows: StepRows; readonly taken: readonly number[] } => {
  const rows = { ids: [] as number[], positions: [] as number[], sequences: [] as number[] };
  const drawn: { row: number; draw: { temperature: number; topP: number; uniform: number } }[] = [];
  let budget = rowsPerStep;
  const taken = active.map(({ ids, written, hold, request, rng }, sequence) => {
    const count = Math.min(budget, ids.length - written);
    budget -= count;
    for (let at = written; at < written + count; at++) {
      if (at >= pageSize * (hold!.shared.length + hold!.own.length)) extendHold(cache, hold!);
      rows.ids.push(ids[at]!);
      rows.positions.push(at);
      rows.sequences.push(sequence);
    }
    if (count > 0 && written + count === ids.length) {
      const { temperature, topP } = request;
      drawn.push({ row: rows.ids.length - 1, draw: { temperature, topP, uniform: rng() } });
    }
    return count;
  });
  return {
    rows: { ...rows, tables: active.map(({ hold }) => pageTable(hold!)), drawn },
    taken,
  };
};

/** Pages that the step has filled become known to others. */
const advance = (sequence: Sequence, count: number, cache: PageCache): void => {
  sequence.written += count;
  const { hold, ids, written } = sequence;
  while ((hold!.shared.length + 1) * pageSize <= written) {
    const at = hold!.shared.length * pageSize;
    sharePage(cache, hold!, ids.slice(at, at + pageSize));
  }
};

/** The state of a sampler: what waits, what runs. */
type Work = { readonly waiting: Sequence[]; active: Sequence[]; running: boolean; rows: number };

/** The first page that a sequence will compute, as text: another that begins so waits for it. */
const nextPageOf = ({ ids, hold }: Sequence): string =>
  ids.slice(0, ((hold?.shared.length ?? 0) + 1) * pageSize).join();

const admit = (work: Work, cache: PageCache): void => {
  const computing = new Set(
    work.active.filter(({ written, promptLength }) => written < promptLength).map(nextPageOf),
  );
  for (const sequence of [...work.waiting]) {
    const hold = holdPages(cache, sequence.ids, sequence.promptLength + sequence.request.maxTokens);
    if (!hold) return;
    sequence.hold = hold;
    const next = nextPageOf(sequence);
    if (computing.has(next) && sequence.promptLength > (hold.shared.length + 1) * pageSize) {
      releaseHold(cache, hold);
      sequence.hold = null;
      continue;
    }
    computing.add(next);
    sequence.written = hold.shared.length * pageSize;
    work.waiting.splice(work.waiting.indexOf(sequence), 1);
    work.active.push(sequence);
  }
};

const dropAborted = (work: Work, cache: PageCache): void => {
  const aborted = (sequence: Sequence): boolean => sequence.request.signal?.aborted === true;
  for (const sequence of [...work.waiting, ...work.active].filter(aborted)) {
    if (sequence.hold) releaseHold(cache, sequence.hold);
    sequence.reject(sequence.request.signal!.reason);
  }
  work.waiting.splice(
    0,
    work.waiting.length,
    ...work.waiting.filter((sequence) => !aborted(sequence)),
  );
  work.active = work.active.filter((sequence) => !aborted(sequence));
};

const finished = ({ ids, logprobs, promptLength }: Sequence, finish: Sample['finish']): Sample => ({
  ids: Int32Array.from(ids.slice(promptLength)),
  logprobs: Float32Array.from(logprobs),
  finish,
});

const runStep = (work: Work, decoder: Decoder, cache: PageCache): void => {
  const { rows, taken } = planStep(work.active, cache);
  const { ids, logprobs } = decoder.step(rows);
  work.rows += rows.ids.length;
  for (const [i, sequence] of work.active.entries()) advance(sequence, taken[i]!, cache);
  for (const [i, { row }] of rows.drawn.entries()) {
    const sequence = work.active[rows.sequences[row]!]!;
    sequence.ids.push(ids[i]!);
    sequence.logprobs.push(logprobs[i]!);
    const finish = endOf(sequence);
    if (finish === null) continue;
    releaseHold(cache, sequence.hold!);
    sequence.hold = null;
    sequence.resolve(finished(sequence, finish));
  }
  work.active = work.active.filter(({ hold }) => hold !== null);
};

const failAll = (work: Work, cache: PageCache, cause: unknown): void => {
  for (const sequence of [...work.waiting.splice(0), ...work.active.splice(0)]) {
    if (sequence.hold) releaseHold(cache, sequence.hold);
    sequence.reject(cause);
  }
};

/** Steps until nothing is left to do, with a pause for the event loop between steps. */
const run = async (work: Work, decoder: Decoder, cache: PageCache): Promise<void> => {
  await setImmediate();
  try {
    while (work.waiting.length + work.active.length > 0) {
      dropAborted(work, cache);
      admit(work, cache);
      if (work.active.length > 0) runStep(work, decoder, cache);
      await setImmediate();
    }
  } catch (cause) {
    failAll(work, cache, cause);
  } finally {
    work.running = false;
  }
};

const defaultCacheBytes = 2 ** 30;

/**
 * Samples from a model: a batch that sequences join and leave at any step, over a paged KV cache in which equal
 * beginnings (the prompt of a group, the earlier turns of a rollout) are computed once.
 */
export const openSampler = (
  model: Model,
  { cacheBytes = defaultCacheBytes }: SamplerOptions = {},
): Sampler => {
  const pages = Math.max(1, Math.floor(cacheBytes / pageBytes(model.config, pageSize)));
  const cache = openPageCache(pages, pageSize);
  const decoder = openDecoder(model, pages);
  const work: Work = { waiting: [], active: [], running: false, rows: 0 };
  const begin = (request: SampleRequest): Promise<Sample> =>
    new Promise((resolve, reject) => {
      const ids = Array.from(request.prompt);
      const counters = { promptLength: ids.length, hold: null, written: 0 };
      work.waiting.push({
        request,
        ids,
        logprobs: [],
        rng: seededRng(request.seed),
        ...counters,
        resolve,
        reject,
      });
      if (work.running) return;
      work.running = true;
      void run(work, decoder, cache);
    });
  return {
    sample: async (request) => {
      assertRequest(request, model, pages);
      request.signal?.throwIfAborted();
      return begin(request);
    },
    refresh: () => {
      if (work.waiting.length + work.active.length > 0)
        throw new Error(
          'a sampler cannot take new weights while it samples; await its requests first',
        );
      clearPages(cache);
      decoder.refresh();
    },
    rowsComputed: () => work.rows,
    close: () => {
      failAll(work, cache, new Error('the sampler was closed'));
      decoder.close();
    },
  };
};
