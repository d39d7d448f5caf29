import { paperGrpo } from '@coa/grpo';
import { defaultOptimizer } from '@coa/model';
import { atlasBase } from '../open-model.ts';
import { noInstructions } from './examples.ts';
import type { Recipe, Stage } from './recipe.ts';

/** Limits of every agent on Atlas, trained or not: four hops, each with a search that may have to be worded anew. */
export const atlasLimits = {
  horizon: 8,
  contextTokens: 1536,
  turnTokens: 160,
  answerTokens: 24,
  observationTokens: 224,
  temperature: 0.6,
  topP: 1,
};

/** Two passages a search, as in the paper's released evaluation. */
export const atlasSearch = { topK: 2, callLimit: 10 };

const sftTraining = {
  epochs: 2,
  tokensPerStep: 12_000,
  microBatchTokens: 16_384,
  checkpointActivations: false,
  optimizer: defaultOptimizer,
  schedule: { kind: 'cosine', peak: 1.5e-3, floor: 0.05, warmupShare: 0.05 },
} as const;

const source = { questions: 8_000, knownShare: 0.25 };

/** When to act, by contrast. */
export const sft1 = {
  kind: 'contrastive',
  name: 'SFT-1',
  source: { questions: 3_000, knownShare: 0.5 },
  pairs: 1_000,
  config: {
    ...sftTraining,
    alpha: 0.2,
    pairsPerStep: 16,
    schedule: { ...sftTraining.schedule, peak: 3e-4 },
  },
} as const satisfies Stage;

/** How to act: observations masked. The paper's numbers of examples. */
export const sft2 = {
  kind: 'sft',
  name: 'SFT-2',
  source,
  form: 'coa',
  counts: { coa: 5_000, cot: 1_000 },
  config: { ...sftTraining, maskObservations: true, observationWeight: 1 },
} as const satisfies Stage;

/** What the environment answers: the same data, observations learnt. */
export const sft3 = {
  ...sft2,
  name: 'SFT-3',
  config: {
    ...sftTraining,
    epochs: 1,
    maskObservations: false,
    observationWeight: 1,
    schedule: { ...sftTraining.schedule, peak: 5e-4 },
  },
} as const satisfies Stage;

/** The same questions and facts in ReAct's form: tells internalised action from mere fine-tuning. */
export const reactSft: Stage = {
  ...sft2,
  name: 'ReAct SFT',
  form: 'react',
  counts: { coa: 6_000, cot: 0 },
};

/** Reinforcement learning from so many simulated and then real batches. */
export const atlasRl = (
  name: string,
  batches: { readonly simulated: number; readonly real: number },
): Stage & { readonly kind: 'grpo' } => ({
  kind: 'grpo',
  name,
  source: { questions: 3_000, knownShare: 0.25 },
  prompt: noInstructions,
  batches,
  simulator: { kind: 'self' },
  temperature: 1,
  reward: { kind: 'exact-match', formatPenalty: 0.1, simulatedByActing: true },
  config: {
    ...paperGrpo,
    advantage: 'unbiased-std',
    questionsPerBatch: 16,
    groupSize: 8,
    updatesPerBatch: 1,
    maskObservations: true,
    schedule: { kind: 'constant', peak: 3e-4, floor: 1, warmup: 2 },
    optimizer: { ...defaultOptimizer, weightDecay: 0 },
    microBatchTokens: 16_384,
    collapse: { window: 8, share: 0.4 },
  },
});

/** Reinforcement learning of a model that was taught nothing: instructions must do. */
export const promptedRl: typeof atlasRl = (name, batches) => ({
  ...atlasRl(name, batches),
  prompt: { examples: 0 },
});

/** All stages in small, for a first look: minutes instead of an hour. */
export const quickStages: readonly Stage[] = [
  { ...sft1, source: { questions: 800, knownShare: 0.5 }, pairs: 300 },
  {
    ...sft2,
    source: { questions: 5_500, knownShare: 0.25 },
    counts: { coa: 4_000, cot: 500 },
    config: { ...sft2.config, epochs: 1 },
  },
  { ...sft3, source: { questions: 2_000, knownShare: 0.25 }, counts: { coa: 1_200, cot: 200 } },
  atlasRl('RL-1&2', { simulated: 20, real: 4 }),
];

/** A training plan for Atlas. */
export const atlasRecipe = (...stages: readonly Stage[]): Recipe => ({
  base: atlasBase,
  limits: atlasLimits,
  search: atlasSearch,
  stages,
});
