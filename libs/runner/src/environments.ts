import { join } from 'node:path';
import { atlasVersion, openAtlas } from '@coa/atlas';
import type { Environment, Policy } from '@coa/core';
import { corpusSource, loadPassages } from '@coa/datasets';
import {
  ensureIndex,
  localRetriever,
  type Retriever,
  searchTool,
  type Tool,
  toolEnvironment,
} from '@coa/tools';
import type { Experiment, SearchSettings } from './experiment.ts';
import type { Places } from './places.ts';
import type { QuestionSet } from './question-sets.ts';

/** Time after which a search counts as failed. */
const searchTimeoutMs = 30_000;

export type Environments = {
  /** What the manifest records. */
  readonly described: { readonly name: string; readonly fingerprint: string };
  readonly of: (arm: string, dataset: string) => Environment;
};

/** What opening a corpus needs. */
export type CorpusSetting = {
  readonly places: Places;
  readonly stopping: AbortSignal;
  readonly onProgress: (label: string, done: number, total: number) => void;
};

type Setting = CorpusSetting & { readonly experiment: Experiment; readonly policy: Policy };

/** Tokens that a protocol's tags around an observation may take of its budget. */
const observationMarkupTokens = 24;

async function* untilStopped<T>(items: AsyncIterable<T>, stopping: AbortSignal) {
  for await (const item of items) {
    stopping.throwIfAborted();
    yield item;
  }
}

/** A corpus by name: Atlas is made, the others are on disk. */
const passagesOf = async (corpus: string, { places, stopping }: CorpusSetting) => {
  if (corpus !== 'atlas') {
    const passages = () => untilStopped(loadPassages(corpus, places), stopping);
    return { passages, ...(await corpusSource(corpus, places)) };
  }
  const { passages, seed } = openAtlas();
  return {
    passages: () => passages,
    sourceFingerprint: `atlas ${atlasVersion} seed ${seed}`,
    expected: passages.length,
  };
};

export const openRetriever = async (corpus: string, setting: CorpusSetting): Promise<Retriever> => {
  const { places, onProgress } = setting;
  const index = await ensureIndex({
    ...(await passagesOf(corpus, setting)),
    file: join(places.home, 'corpora', corpus, 'bm25.idx'),
    onProgress: (done, total) => onProgress(`indexing ${corpus}`, done, total),
  });
  return localRetriever(index, corpus);
};

type ToolLimits = SearchSettings & { readonly observationTokens: number };

/** What a tool is made of: the passages of the question set's corpus, and an observation budget of the arm's own. */
type ToolParts = {
  readonly retriever: Retriever;
  readonly topK: number;
  readonly maxTokens: number;
  readonly countTokens: (text: string) => number;
};

/** What answers the actions of an arm, by the name that its `environment` has. To add a tool: a line here. */
const armTools = {
  search: ({ retriever, ...limits }: ToolParts): Tool => searchTool(retriever, limits),
} as const;

/** `none`: the policy has no tool. */
export type ArmEnvironment = keyof typeof armTools | 'none';

/** One tool within an observation budget of its own: no arm depends on which others run. */
const armEnvironment = (
  tool: keyof typeof armTools,
  { retriever, policy }: { readonly retriever: Retriever; readonly policy: Policy },
  { observationTokens, topK, callLimit }: ToolLimits,
): Environment => {
  const maxTokens = Math.max(observationTokens - observationMarkupTokens, 1);
  const { countTokens } = policy;
  const made = armTools[tool]({ retriever, topK, maxTokens, countTokens });
  return toolEnvironment([made], { callLimit, timeoutMs: searchTimeoutMs });
};

/** The search tool, as training and evaluation both have it. */
export const searchEnvironment = (
  retriever: Retriever,
  policy: Policy,
  limits: ToolLimits,
): Environment => armEnvironment('search', { retriever, policy }, limits);

/** An environment for every arm and corpus that the drawn sets need, and one without tools. */
export const openEnvironments = async (
  sets: readonly QuestionSet[],
  setting: Setting,
): Promise<Environments> => {
  const { policy } = setting;
  const arms = Object.entries(setting.experiment.arms);
  const searching = arms.flatMap(([name, arm]) =>
    arm.environment === 'none' ? [] : [{ name, tool: arm.environment, options: arm.options }],
  );
  const environments = new Map<string, Environment>();
  const key = (arm: string, corpus: string) => JSON.stringify([arm, corpus]);
  const corpora = [...new Set(searching.length > 0 ? sets.map(({ corpus }) => corpus) : [])];
  for (const corpus of corpora) {
    const retriever = await openRetriever(corpus, setting);
    for (const { name, tool, options } of searching) {
      const limits = { ...setting.experiment.search, ...options };
      environments.set(key(name, corpus), armEnvironment(tool, { retriever, policy }, limits));
    }
  }
  const corpusOf = new Map(sets.map(({ name, corpus }) => [name, corpus]));
  const none = toolEnvironment([], { callLimit: 0, timeoutMs: searchTimeoutMs });
  const tools = [...new Set(searching.map(({ tool }) => tool))].join(', ');
  const used = [...environments.values()].map(({ fingerprint }) => fingerprint);
  return {
    described: {
      name: corpora.map((corpus) => `${tools}(${corpus})`).join(' + ') || 'none',
      fingerprint: [...new Set(used)].join(' + ') || 'none',
    },
    of: (arm, dataset) => environments.get(key(arm, corpusOf.get(dataset) ?? '')) ?? none,
  };
};
