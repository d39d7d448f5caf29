import { join } from 'node:path';
import { atlasVersion, openAtlas } from '@coa/atlas';
import type { Environment, Policy } from '@coa/core';
import { corpusSource, loadPassages } from '@coa/datasets';
import {
  ensureIndex,
  localRetriever,
  type Retriever,
  searchTool,
  toolEnvironment,
} from '@coa/tools';
import type { Arm, Experiment } from './experiment.ts';
import type { Places } from './places.ts';
import type { QuestionSet } from './question-sets.ts';

/** Time after which a search counts as failed. */
const searchTimeoutMs = 30_000;

export type Environments = {
  /** What the manifest records. */
  readonly described: { readonly name: string; readonly fingerprint: string };
  readonly of: (arm: string, dataset: string) => Environment;
};

type Setting = {
  readonly experiment: Experiment;
  readonly places: Places;
  readonly policy: Policy;
  readonly stopping: AbortSignal;
  readonly onProgress: (label: string, done: number, total: number) => void;
};

/** Tokens that a protocol's tags around an observation may take of its budget. */
const observationMarkupTokens = 24;

async function* untilStopped<T>(items: AsyncIterable<T>, stopping: AbortSignal) {
  for await (const item of items) {
    stopping.throwIfAborted();
    yield item;
  }
}

/** A corpus by name: Atlas is made, the others are on disk. */
const passagesOf = async (corpus: string, { places, stopping }: Setting) => {
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

const openRetriever = async (corpus: string, setting: Setting): Promise<Retriever> => {
  const { places, onProgress } = setting;
  const index = await ensureIndex({
    ...(await passagesOf(corpus, setting)),
    file: join(places.home, 'corpora', corpus, 'bm25.idx'),
    onProgress: (done, total) => onProgress(`indexing ${corpus}`, done, total),
  });
  return localRetriever(index, corpus);
};

/** The search tool within an arm's own observation budget: no arm depends on which others run. */
const searchEnvironment = (retriever: Retriever, arm: Arm, { experiment, policy }: Setting) => {
  const maxTokens = Math.max(arm.options.observationTokens - observationMarkupTokens, 1);
  const { topK, callLimit } = experiment.search;
  const tool = searchTool(retriever, { topK, maxTokens, countTokens: policy.countTokens });
  return toolEnvironment([tool], { callLimit, timeoutMs: searchTimeoutMs });
};

/** An environment for every arm and corpus that the drawn sets need, and one without tools. */
export const openEnvironments = async (
  sets: readonly QuestionSet[],
  setting: Setting,
): Promise<Environments> => {
  const arms = Object.entries(setting.experiment.arms);
  const searching = arms.filter(([, { environment }]) => environment === 'search');
  const environments = new Map<string, Environment>();
  const key = (arm: string, corpus: string) => JSON.stringify([arm, corpus]);
  const corpora = [...new Set(searching.length > 0 ? sets.map(({ corpus }) => corpus) : [])];
  for (const corpus of corpora) {
    const retriever = await openRetriever(corpus, setting);
    for (const [name, arm] of searching) {
      environments.set(key(name, corpus), searchEnvironment(retriever, arm, setting));
    }
  }
  const corpusOf = new Map(sets.map(({ name, corpus }) => [name, corpus]));
  const none = toolEnvironment([], { callLimit: 0, timeoutMs: searchTimeoutMs });
  const used = [...environments.values()].map(({ fingerprint }) => fingerprint);
  return {
    described: {
      name: corpora.map((corpus) => `search(${corpus})`).join(' + ') || 'none',
      fingerprint: [...new Set(used)].join(' + ') || 'none',
    },
    of: (arm, dataset) => environments.get(key(arm, corpusOf.get(dataset) ?? '')) ?? none,
  };
};
