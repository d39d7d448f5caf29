import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { GenerateRequest, Generation, Policy, Prompt, Segment, Written } from '@coa/core';
import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { chatMl, promptPieces } from './chat-template.ts';
import { type GgufState, generateFrom } from './gguf-generate.ts';
import { type LoadedModel, loadModel } from './gguf-model.ts';
import { contextChunks, tokensIn } from './kv-chunks.ts';
import { type Lane, openLanes } from './lanes.ts';

export type GgufOptions = {
  readonly file: string;
  /** Dialogues at once; more than `threads` take turns without losing their evaluated contexts. */
  readonly sequences: number;
  /** Requests evaluated at the same time, each by one thread in a context of its own; default: the cores. */
  readonly threads?: number;
  /** Most tokens of context and continuation together; at most what the model was trained on. */
  readonly contextTokens: number;
  /** Only the k likeliest tokens can be sampled, and log-probs are over them. */
  readonly topK: number;
};

/** Changes whenever the same request may give other tokens. */
const samplerVersion = 1;

/** States beyond the open dialogues, for the prompt beginnings of other arms. */
const spareStates = 2;

type GgufLane = Lane<LlamaContextSequence> & { readonly context: LlamaContext };

const openLane = async (
  model: LlamaModel,
  contextSize: number,
  states: number,
): Promise<GgufLane> => {
  const context = await model.createContext({
    contextSize,
    sequences: states,
    threads: { ideal: 1, min: 1 },
    batchSize: 512,
    flashAttention: true,
    failedCreationRemedy: false,
  });
  const sequences = Array.from({ length: states }, () => context.getSequence());
  return {
    context,
    states: sequences.map((sequence): GgufState => ({ sequence, chunks: [], usedAt: 0 })),
    busy: false,
  };
};

/** Prompt ids in two parts: the fixed beginning (system and examples), and what the question adds. */
const promptParts = (model: LlamaModel, prompt: Prompt, template: string): number[][] => {
  const pieces = promptPieces(prompt, template);
  const ids = pieces.map(({ kind, text }) => [...model.tokenize(text, kind === 'markup')]);
  const question = pieces.findLastIndex(
    ({ kind, text }) => kind === 'content' && text === prompt.user,
  );
  const cut = Math.max(question, 0);
  return [ids.slice(0, cut).flat(), ids.slice(cut).flat()].filter((part) => part.length > 0);
};

/** How the text of a model's requests becomes ids and back. */
const openTokenizer = (model: LlamaModel) => {
  const template = model.fileInfo.metadata.tokenizer?.chat_template ?? chatMl;
  const vocabulary = model.fileInfo.metadata.tokenizer?.ggml.tokens.length ?? 0;
  const rendered = new WeakMap<Prompt, number[][]>();
  const encode = (text: string, kind: Written['kind'] = 'content'): Token[] =>
    model.tokenize(text, kind === 'markup');
  const parts = (prompt: Prompt): number[][] => {
    const known = rendered.get(prompt) ?? promptParts(model, prompt, template);
    rendered.set(prompt, known);
    return known;
  };
  const stretch = ({ source, ids, text }: Segment) => ({
    sampled: source === 'policy',
    ids: ids === null ? encode(text) : [...ids],
  });
  return {
    parts,
    encode,
    chunks: ({ prompt, segments }: GenerateRequest['context']) =>
      contextChunks(parts(prompt), segments.map(stretch)),
    decode: (ids: Int32Array): string => {
      const alien = ids.find((id) => id < 0 || id >= vocabulary);
      if (alien !== undefined) {
        throw new RangeError(`token id ${alien} is not in the vocabulary of ${vocabulary}`);
      }
      return model.detokenize([...ids] as Token[]);
    },
  };
};

/** Room for the continuation, in tokens. Throws where there is none. */
const roomFor = (tokens: number, { maxTokens }: { maxTokens: number }, limit: number): number => {
  if (tokens < limit) return Math.min(maxTokens, limit - tokens);
  throw new RangeError(
    `a context of ${tokens} tokens leaves no room in the policy's ${limit}; shorten it, or open the model with more contextTokens`,
  );
};

const assertOptions = ({ sequences, contextTokens, topK }: GgufOptions, trained: number): void => {
  for (const [name, value] of Object.entries({ sequences, contextTokens, topK })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name} is ${value}; it must be a whole number of at least 1`);
    }
  }
  if (contextTokens > trained) {
    throw new RangeError(
      `contextTokens is ${contextTokens}, but the model was trained on contexts of ${trained}`,
    );
  }
};

/**
 * A GGUF model in this process, through llama.cpp on the CPU. Requests are evaluated side by side, each by one thread
 * in a context of its own, and kept KV states are reused only along the cuts they were made by: the same request
 * gives the same tokens and log-probs, whatever runs beside it or ran before.
 */
export const ggufPolicy = async (options: GgufOptions): Promise<Policy> => {
  const loaded = await loadModel(options.file);
  try {
    assertOptions(options, loaded.model.trainContextSize);
    return await policyOver(loaded, options);
  } catch (cause) {
    await loaded.model.dispose();
    throw cause;
  }
};

const policyOver = async (
  { model, sha256, engine }: LoadedModel,
  { file, sequences, threads, contextTokens, topK }: GgufOptions,
): Promise<Policy> => {
  const laneCount = Math.max(1, Math.min(sequences, threads ?? availableParallelism()));
  const openPerLane = Math.ceil(sequences / laneCount);
  const states = openPerLane + spareStates;
  const lanes = await Promise.all(
    Array.from({ length: laneCount }, () => openLane(model, contextTokens, states)),
  );
  const queue = openLanes(lanes, openPerLane);
  const tokenizer = openTokenizer(model);
  const serve = async (request: GenerateRequest, signal?: AbortSignal): Promise<Generation> => {
    signal?.throwIfAborted();
    if (model.disposed) throw new Error(`${file} was closed`);
    const chunks = tokenizer.chunks(request.context);
    const promptTokens = tokensIn(chunks);
    const maxTokens = roomFor(promptTokens, request.options, contextTokens);
    const settings = { model, topK, signal, options: { ...request.options, maxTokens } };
    const sampled = await queue.run(
      chunks,
      (state) => generateFrom(state, chunks, settings),
      signal,
    );
    return {
      ...sampled,
      ids: Int32Array.from(sampled.ids),
      logprobs: Float32Array.from(sampled.logprobs),
      usage: { promptTokens, completionTokens: sampled.ids.length },
    };
  };
  return {
    name: basename(file, '.gguf'),
    fingerprint: `gguf:${sha256}:llama.cpp ${engine}:top-k ${topK}:sampler ${samplerVersion}`,
    contextLimit: contextTokens,
    concurrency: sequences,
    promptIds: (prompt) => Int32Array.from(tokenizer.parts(prompt).flat()),
    encode: (text, kind) => Int32Array.from(tokenizer.encode(text, kind)),
    decode: tokenizer.decode,
    countTokens: (text) => tokenizer.encode(text).length,
    generate: (requests, signal) => Promise.all(requests.map((request) => serve(request, signal))),
    close: async () => {
      await queue.end(new Error(`${file} was closed`));
      await Promise.all(lanes.map(({ context }) => context.dispose()));
      await model.dispose();
    },
  };
};
