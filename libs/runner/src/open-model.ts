import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ComputeOptions } from '@coa/compute';
import type { Policy } from '@coa/core';
import { fetchModel, ggufPolicy, knownModel, openAiPolicy } from '@coa/policies';
import { isModelFolder, openTrainedModel } from './open-trained-model.ts';

export type OpenModelOptions = {
  readonly home: string;
  /** Where the repository is, for the model that comes with it. */
  readonly root: string;
  /** Tokens that the experiment's limits need. */
  readonly contextTokens: number;
  readonly concurrency: number | null;
  /** For a served model that wants one. */
  readonly apiKey: string | null;
  /** What a model folder is computed by. */
  readonly compute: ComputeOptions;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onProgress: (done: number, total: number) => void;
};

/** Candidates that the in-process engine samples from: 1,024 leave out 0.7 % of the probability at temperature 1 and cost 3 % of speed. Part of the policy's fingerprint. */
const topK = 1024;

const served = (
  spec: { readonly api: 'completions' | 'chat'; readonly baseUrl: string; readonly model: string },
  { home, contextTokens, concurrency, apiKey }: OpenModelOptions,
): Policy =>
  openAiPolicy({
    ...spec,
    contextTokens,
    concurrency: concurrency ?? 8,
    timeoutMs: 120_000,
    // the runner tries each rollout three times on top
    retries: 2,
    ledgerFile: join(home, 'usage.jsonl'),
    ...(apiKey !== null && { apiKey }),
  });

/** The committed base model by name, and its folder from the repository's root. */
export const atlasModel = 'atlas-base';
export const atlasBase = 'datasets/atlas/base';

const servedSpec = /^openai(-chat)?:(https?:\/\/[^#]+)#(.+)$/;

/**
 * Opens what `--model` names: `atlas-base`, a known model (fetched on first use), a .gguf file, a model folder, `openai:URL#MODEL` for a server's
 * completions, `openai-chat:URL#MODEL` for its chat.
 */
export const openModel = async (spec: string, options: OpenModelOptions): Promise<Policy> => {
  const { home, contextTokens, concurrency, signal, say, onProgress } = options;
  const [, chat, baseUrl, model] = servedSpec.exec(spec) ?? [];
  if (baseUrl !== undefined && model !== undefined) {
    return served({ api: chat ? 'chat' : 'completions', baseUrl, model }, options);
  }
  if (spec.startsWith('openai')) {
    throw new Error(
      `'${spec}' is no served model; write openai:URL#MODEL or openai-chat:URL#MODEL`,
    );
  }
  if (spec === atlasModel) return openTrainedModel(join(options.root, atlasBase), options);
  if (isModelFolder(spec)) return openTrainedModel(spec, options);
  const file = spec.endsWith('.gguf')
    ? spec
    : await fetchModel(knownModel(spec).name, { home, signal, say, onProgress });
  const sequences = concurrency ?? availableParallelism();
  return ggufPolicy({ file, contextTokens, sequences, topK });
};
