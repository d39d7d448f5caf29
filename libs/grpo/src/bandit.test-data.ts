import { nativeObstacle, openCompute } from '@coa/compute';
import { coaProtocol, type Environment, type Question, type Reward } from '@coa/core';
import { createModel, defaultOptimizer, llamaConfig, type Model, modelPolicy } from '@coa/model';
import { labTokens, loadTokenizer, trainBpe } from '@coa/tokenizer';
import type { GrpoConfig } from './config.ts';
import { paperGrpo } from './config.ts';
import type { GrpoTask } from './train-grpo.ts';

await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm', threads: 2 });

export const tokenizer = loadTokenizer(
  trainBpe(['a small text of few letters'], { vocabularySize: 270, specialTokens: labTokens() }),
);

export const openModel = (seed = 1): Model =>
  createModel(
    llamaConfig({
      vocabulary: tokenizer.size,
      width: 32,
      layers: 1,
      heads: 2,
      ffn: 64,
      positions: 96,
    }),
    seed,
  );

export const questions: Question[] = Array.from({ length: 12 }, (_, i) => ({
  id: String(i),
  dataset: 'bandit',
  split: 'train',
  text: `Say ${i}`,
  golds: ['a'],
  supporting: [],
  supportComplete: false,
  type: null,
  hops: 1,
}));

/** Share of what the policy thought that lies in the lower half of ASCII's letters: an arm it can learn to pull. */
export const lowLetters: Reward = ({ steps }) => {
  const text = steps.map((step) => (step.kind === 'think' ? step.text : '')).join('');
  if (text === '') return 0;
  return (text.match(/[a-m]/g) ?? []).length / text.length;
};

export const nowhere: Environment = {
  name: 'nowhere',
  fingerprint: 'nowhere',
  observe: async () => ({ text: 'nothing', passageIds: [], failure: null }),
};

export const options = {
  horizon: 1,
  contextTokens: 96,
  turnTokens: 10,
  answerTokens: 2,
  observationTokens: 12,
  temperature: 1,
  topP: 1,
};

/** The bandit over a model: real tokens, real sampling, the real rollout loop. */
export const banditTask = (model: Model, changes: Partial<GrpoTask> = {}): GrpoTask => ({
  policy: modelPolicy({
    model,
    tokenizer,
    name: 'bandit',
    fingerprint: 'bandit',
    cacheBytes: 2 ** 22,
  }),
  protocol: coaProtocol({ examples: 0, system: '' }),
  options,
  questions,
  reward: lowLetters,
  environmentAt: () => ({ kind: 'real', environment: nowhere }),
  reference: null,
  recipe: 'bandit',
  ...changes,
});

export const banditConfig: GrpoConfig = {
  ...paperGrpo,
  batches: 3,
  questionsPerBatch: 4,
  groupSize: 4,
  updatesPerBatch: 1,
  maskObservations: true,
  schedule: { kind: 'constant', peak: 3e-3, floor: 1, warmup: 0 },
  optimizer: { ...defaultOptimizer, weightDecay: 0 },
  microBatchTokens: 400,
  seed: 5,
  collapse: null,
};

export const weightsOf = ({ parameters }: Model): Float32Array[] =>
  [...parameters.values()].map((variable) => Float32Array.from(variable.dataSync()));
