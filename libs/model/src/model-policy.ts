import type { GenerateRequest, Generation, Policy, Prompt } from '@coa/core';
import { chatMl, promptPieces } from '@coa/policies';
import type { Tokenizer } from '@coa/tokenizer';
import type { Model } from './model.ts';
import { openSampler, type SamplerOptions } from './sampler.ts';

export type ModelPolicyOptions = SamplerOptions & {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly name: string;
  /** Identifies the weights and the arithmetic, e.g. a file's hash and the backend. */
  readonly fingerprint: string;
  /** Jinja chat template; default: ChatML. */
  readonly template?: string;
  /** Tokens that end a turn; default: those of the tokenizer's specials that usually do. */
  readonly endTokens?: readonly string[];
  /** Requests served at once. */
  readonly concurrency?: number;
  /** Most tokens of context and continuation together; default: the model's positions. */
  readonly contextTokens?: number;
};

const usualEnds = ['<|im_end|>', '<|endoftext|>', '</s>', '<|eot_id|>'];

/** Where the first stop string to be completed ends in `text`, or -1. */
const stopEnd = (text: string, stop: readonly string[]): number => {
  const ends = stop
    .filter((string) => string !== '' && text.includes(string))
    .map((string) => text.indexOf(string) + string.length);
  return ends.length === 0 ? -1 : Math.min(...ends);
};

/** Follows the text of a generation token by token; says when it ends. */
const followText = (tokenizer: Tokenizer, ends: ReadonlySet<number>, stop: readonly string[]) => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const longest = Math.max(0, ...stop.map((string) => string.length));
  const state = { text: '', ended: false };
  const stops = (id: number): boolean => {
    if (ends.has(id)) {
      state.ended = true;
      return true;
    }
    const before = state.text.length;
    state.text += decoder.decode(tokenizer.decodeBytes(Int32Array.of(id)), { stream: true });
    return stopEnd(state.text.slice(Math.max(0, before - longest)), stop) >= 0;
  };
  return { state, stops };
};

const endIds = (tokenizer: Tokenizer, names: readonly string[]): Set<number> =>
  new Set(names.map((name) => tokenizer.specials.get(name)).filter((id) => id !== undefined));

/** How this tokenizer renders prompts: what the template and the protocol wrote is trusted, the question is not. */
const promptEncoder = (tokenizer: Tokenizer, template: string) => {
  const known = new WeakMap<Prompt, Int32Array>();
  return (prompt: Prompt): Int32Array => {
    const cached = known.get(prompt);
    if (cached) return cached;
    const pieces = promptPieces(prompt, template);
    const parts = pieces.map(({ kind, text }) =>
      kind === 'markup' ? tokenizer.encodeMarkup(text) : tokenizer.encode(text),
    );
    const ids = Int32Array.from(parts.flatMap((part) => [...part]));
    known.set(prompt, ids);
    return ids;
  };
};

const assertRoom = (tokens: number, limit: number): void => {
  if (tokens < limit) return;
  throw new RangeError(
    `a context of ${tokens} tokens leaves no room in the policy's ${limit}; shorten it, or give the policy more contextTokens`,
  );
};

const assertTokenizer = ({ config }: Model, tokenizer: Tokenizer): void => {
  if (tokenizer.size <= config.vocabulary) return;
  throw new RangeError(
    `the tokenizer has ${tokenizer.size} tokens, the model's vocabulary only ${config.vocabulary}`,
  );
};

type Parts = {
  readonly ids: (request: GenerateRequest) => number[];
  readonly ends: ReadonlySet<number>;
  readonly limit: number;
};

const serve = async (
  sampler: ReturnType<typeof openSampler>,
  tokenizer: Tokenizer,
  request: GenerateRequest,
  { ids: idsOf, ends, limit }: Parts,
  signal?: AbortSignal,
): Promise<Generation> => {
  const { maxTokens, temperature, topP, seed, stop } = request.options;
  const prompt = idsOf(request);
  assertRoom(prompt.length, limit);
  const { state, stops } = followText(tokenizer, ends, stop);
  const room = Math.min(maxTokens, limit - prompt.length);
  const sample = await sampler.sample({
    prompt,
    maxTokens: room,
    temperature,
    topP,
    seed,
    stops,
    signal,
  });
  const drop = state.ended ? 1 : 0;
  const ids = sample.ids.slice(0, sample.ids.length - drop);
  const whole = tokenizer.decode(ids);
  const end = state.ended ? -1 : stopEnd(whole, stop);
  const finish = state.ended ? 'end' : end >= 0 ? 'stop' : 'length';
  return {
    text: end >= 0 ? whole.slice(0, end) : whole,
    ids,
    logprobs: sample.logprobs.slice(0, ids.length),
    finish,
    usage: { promptTokens: prompt.length, completionTokens: ids.length },
  };
};

/** A policy over a model in this process: any batch, any order and any reuse of contexts give the same tokens. */
export const modelPolicy = (options: ModelPolicyOptions): Policy & { refresh(): void } => {
  const { model, tokenizer, template = chatMl, concurrency = 32 } = options;
  assertTokenizer(model, tokenizer);
  const limit = Math.min(options.contextTokens ?? model.config.positions, model.config.positions);
  const sampler = openSampler(model, options);
  const promptIds = promptEncoder(tokenizer, template);
  const parts: Parts = {
    ends: endIds(tokenizer, options.endTokens ?? usualEnds),
    limit,
    ids: ({ context }) => [
      ...promptIds(context.prompt),
      ...context.segments.flatMap(({ ids, text }) => [...(ids ?? tokenizer.encode(text))]),
    ],
  };
  return {
    name: options.name,
    fingerprint: options.fingerprint,
    contextLimit: limit,
    concurrency,
    promptIds: (prompt) => promptIds(prompt).slice(),
    encode: (text, kind) =>
      kind === 'markup' ? tokenizer.encodeMarkup(text) : tokenizer.encode(text),
    decode: (ids) => tokenizer.decode(ids),
    countTokens: (text) => tokenizer.encode(text).length,
    generate: async (requests, signal) => {
      signal?.throwIfAborted();
      return Promise.all(
        requests.map((request) => serve(sampler, tokenizer, request, parts, signal)),
      );
    },
    refresh: () => sampler.refresh(),
    close: async () => sampler.close(),
  };
};
