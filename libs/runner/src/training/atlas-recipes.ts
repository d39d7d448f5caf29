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

/** How every arm is asked, trained or not: sampled as in protocol A, by which the paper's Table 1 probably came about. */
export const atlasEvaluation = { ...atlasLimits, temperature: 0.7, topP: 0.8 };

/** Two passages a search, as in the paper's released evaluation. */
export const atlasSearch = { topK: 2, callLimit: 10 };

/** One epoch: further examples teach more than the same ones again (docs/decisions/006). */
const sftTraining = {
  epochs: 1,
  tokensPerStep: 12_000,
  microBatchTokens: 16_384,
  checkpointActivations: false,
  optimizer: defaultOptimizer,
  schedule: { kind: 'cosine', peak: 1.5e-3, floor: 0.05, warmupShare: 0.05 },
} as const;

const source = { questions: 40_000, knownShare: 0.25 };

/** When to act, by contrast. */
export const sft1 = {
  kind: 'contrastive',
  name: 'SFT-1',
  source: { questions: 3_000, knownShare: 0.5 },
  pairs: 1_000,
  config: {
    ...sftTraining,
    epochs: 2,
    alpha: 0.2,
    pairsPerStep: 16,
    schedule: { ...sftTraining.schedule, peak: 3e-4 },
  },
} as const satisfies Stage;

/** How to act: observations masked. More examples of acting than the paper's 5,000 (docs/decisions/006). */
export const sft2 = {
  kind: 'sft',
  name: 'SFT-2',
  source,
  form: 'coa',
  counts: { coa: 24_000, cot: 1_000 },
  config: { ...sftTraining, maskObservations: true, observationWeight: 1 },
} as const satisfies Stage;

/**
 * What the environment answers: part of the same data, observations learnt. They are five of six tokens, and at their
 * full weight a model of this size forgets how to act (docs/decisions/006).
 */
export const sft3 = {
  ...sft2,
  name: 'SFT-3',
  counts: { coa: 5_000, cot: 1_000 },
  config: {
    ...sftTraining,
    maskObservations: false,
    observationWeight: 0.05,
    schedule: { ...sftTraining.schedule, peak: 3e-4 },
  },
} as const satisfies Stage;

/** As many examples from the same source, all in ReAct's form: tells internalised action from mere fine-tuning. */
export const reactSft: Stage = {
  ...sft2,
  name: 'ReAct SFT',
  form: 'react',
  counts: { coa: 25_000, cot: 0 },
};

/**
 * Reinforcement learning from so many simulated and then real batches. What the policy never read it cannot simulate, so
 * simulated batches ask about known entities alone, at temperature 0.6; there a call is what earns.
 */
export const atlasRl = (
  name: string,
  batches: { readonly simulated: number; readonly real: number },
): Stage & { readonly kind: 'grpo' } => {
  const simulated = batches.simulated > 0;
  return {
    kind: 'grpo',
    name,
    source: { questions: 3_000, knownShare: simulated ? 1 : 0.25 },
    prompt: noInstructions,
    batches,
    simulator: { kind: 'self' },
    temperature: simulated ? atlasLimits.temperature : 1,
    reward: { kind: 'exact-match', formatPenalty: 0.1, simulatedByActing: true },
    config: {
      ...paperGrpo,
      advantage: 'unbiased-std',
      questionsPerBatch: 16,
      groupSize: 8,
      updatesPerBatch: 1,
      maskObservations: true,
      schedule: simulated
        ? { kind: 'constant', peak: 1e-4, floor: 1, warmup: 2 }
        : { kind: 'cosine', peak: 3e-4, floor: 0.05, warmup: 2 },
      optimizer: { ...defaultOptimizer, weightDecay: 0 },
      microBatchTokens: 16_384,
      collapse: { window: 8, share: 0.3 },
    },
  };
};

/**
 * Reinforcement learning of a model that was taught nothing: instructions must do. Its rewards are few: the rate is a
 * third of the others', and no fall of the reward can be told from chance, so none stops the run (docs/decisions/006).
 */
export const promptedRl: typeof atlasRl = (name, batches) => {
  const stage = atlasRl(name, batches);
  const schedule = { ...stage.config.schedule, peak: 1e-4 };
  const config = { ...stage.config, schedule, collapse: null };
  return { ...stage, prompt: { examples: 0 }, config };
};

/** All stages in small, for a first look: minutes instead of hours. */
export const quickStages: readonly Stage[] = [
  { ...sft1, source: { questions: 800, knownShare: 0.5 }, pairs: 300 },
  {
    ...sft2,
    source: { questions: 5_500, knownShare: 0.25 },
    counts: { coa: 4_000, cot: 500 },
  },
  { ...sft3, source: { questions: 4_000, knownShare: 0.25 }, counts: { coa: 2_500, cot: 300 } },
  atlasRl('RL-1', { simulated: 8, real: 0 }),
  atlasRl('RL-2', { simulated: 0, real: 16 }),
];

/** A training plan for Atlas. */
export const atlasRecipe = (...stages: readonly Stage[]): Recipe => ({
  base: atlasBase,
  limits: atlasLimits,
  search: atlasSearch,
  stages,
});
