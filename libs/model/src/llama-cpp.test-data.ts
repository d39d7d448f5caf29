/** llama.cpp's next-token distributions over given texts, and how far ours are from them. */
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import type { Distributions } from './distributions.test-data.ts';

/** One thread: llama.cpp's threads spin at every layer, which takes twenty times as long where a core is busy. */
const openContext = async (file: string) => {
  const quiet = { build: 'never', logLevel: LlamaLogLevel.disabled } as const;
  const llama = await getLlama({ gpu: false, maxThreads: 1, ...quiet });
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  return { model, context: await model.createContext({ contextSize: 256, threads: 1 }) };
};

const byId = (probabilities: ReadonlyMap<Token, number>): Float32Array => {
  const logprobs = new Float32Array(probabilities.size);
  for (const [id, probability] of probabilities) logprobs[id] = Math.log(probability);
  return logprobs;
};

/** As llama.cpp computes them from a GGUF file, on the CPU. */
export const llamaDistributions = async (
  file: string,
  texts: readonly Int32Array[],
): Promise<Distributions[]> => {
  const { model, context } = await openContext(file);
  const sequence = context.getSequence();
  const options = { temperature: 1, topP: 1, minP: 0, topK: 2 ** 20, seed: 0 };
  const generateNext = { probabilities: true, options } as const;
  const found: Distributions[] = [];
  for (const ids of texts) {
    await sequence.clearHistory();
    const asked = [...ids].map((id) => [id as Token, { generateNext }] as [Token, object]);
    const results = await sequence.controlledEvaluate(asked);
    found.push(results.map((result) => byId(result!.next.probabilities!)));
  }
  await model.dispose();
  return found;
};

const likeliest = (logprobs: Float32Array): number =>
  logprobs.reduce((best, value, id) => (value > logprobs[best]! ? id : best), 0);

/** Kullback-Leibler divergence of q from p, in nats. */
const divergence = (p: Float32Array, q: Float32Array): number =>
  p.reduce((sum, value, id) => (value > -80 ? sum + Math.exp(value) * (value - q[id]!) : sum), 0);

export type Agreement = {
  /** Of the log-probabilities of the texts' own tokens, each after those before it. */
  readonly greatest: number;
  readonly mean: number;
  /** Part of the positions where both find the same token likeliest. */
  readonly sameLikeliest: number;
  readonly greatestDivergence: number;
};

/** How far two engines' distributions over the same texts are apart. */
export const agreementOf = (
  texts: readonly Int32Array[],
  ours: readonly Distributions[],
  theirs: readonly Distributions[],
): Agreement => {
  const pairs = texts.flatMap((ids, t) =>
    [...ids].map((_, i) => ({ p: theirs[t]![i]!, q: ours[t]![i]!, next: ids[i + 1] })),
  );
  const differences = pairs.flatMap(({ p, q, next }) =>
    next === undefined ? [] : [Math.abs(p[next]! - q[next]!)],
  );
  const same = pairs.filter(({ p, q }) => likeliest(p) === likeliest(q)).length;
  return {
    greatest: Math.max(...differences),
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    sameLikeliest: same / pairs.length,
    greatestDivergence: Math.max(...pairs.map(({ p, q }) => divergence(p, q))),
  };
};
