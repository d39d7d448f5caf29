import type { ProtocolOptions } from '@coa/core';
import type { GrpoConfig } from '@coa/grpo';
import type { RolloutOptions } from '@coa/rollout';
import type { ContrastiveConfig, ExampleCounts, SftConfig } from '@coa/sft';
import type { SearchSettings } from '../experiment.ts';

/** Training questions of Atlas, and how many of them are about what the base model has read. */
export type QuestionSource = {
  readonly questions: number;
  /** In [0, 1]. */
  readonly knownShare: number;
};

/** A policy that writes the chains of action of a stage's data, in place of the planner that reads the reasoning graphs. */
export type Teacher = {
  /** As `--model` names it, e.g. `openai:URL#MODEL`. A stage's key holds the name, not what answers to it. */
  readonly model: string;
  /** What it reads before each question: unlike its student it has to be told what to do. */
  readonly prompt: ProtocolOptions;
  /** Most tokens of context and continuation, in its own. */
  readonly contextTokens: number;
  /** Its tokens that one of the student's may take; budgets are multiplied by it. */
  readonly tokensPerToken: number;
  /** Most attempts at a question; the first that is accepted ends them. */
  readonly attempts: number;
};

/** Who answers the actions of simulated batches. */
export type Simulator =
  /** The policy that is trained. */
  | { readonly kind: 'self' }
  /** What it was when the stage began. */
  | { readonly kind: 'frozen' }
  /** A copy of the base model, fine-tuned on what the real environment answered to a teacher's queries. */
  | {
      readonly kind: 'separate';
      /** Training questions that its examples come from. */
      readonly questions: number;
      readonly seesGold: boolean;
      /** ZeroSearch's curriculum over the simulated batches; null = always useful passages. */
      readonly noise: {
        readonly start: number;
        readonly end: number;
        readonly base: number;
      } | null;
    };

/** What is maximised. */
export type TrainingReward =
  | {
      /** Exact match (paper). */
      readonly kind: 'exact-match';
      /** Taken off where a rollout did not answer by itself. */
      readonly formatPenalty: number;
      /** In simulated batches only a rollout with an action earns anything. */
      readonly simulatedByActing: boolean;
    }
  /** The released code's: 70 % of the gold's words are enough, nothing where the format was broken. */
  | { readonly kind: 'released' };

/** One step of a training plan. `name` is what curves and tables call it. */
export type Stage =
  /** SFT stage 1: when to act, by contrast. */
  | {
      readonly kind: 'contrastive';
      readonly name: string;
      readonly source: QuestionSource;
      /** Absent: the planner. */
      readonly teacher?: Teacher;
      /** Most pairs. */
      readonly pairs: number;
      readonly config: Omit<ContrastiveConfig, 'seed'>;
    }
  /** SFT stages 2 and 3: how to act; with observations learnt, what the environment answers. */
  | {
      readonly kind: 'sft';
      readonly name: string;
      readonly source: QuestionSource;
      /** Absent: the planner. Examples without the tool are the base model's own, whoever teaches. */
      readonly teacher?: Teacher;
      /** coa: in the form of the paper; react: the same questions and facts in ReAct's. */
      readonly form: 'coa' | 'react';
      readonly counts: ExampleCounts;
      readonly config: Omit<SftConfig, 'seed'>;
    }
  /** Reinforcement learning by GRPO: batches in a simulated environment, then batches in the real one. */
  | {
      readonly kind: 'grpo';
      readonly name: string;
      readonly source: QuestionSource;
      /** What the policy reads before each question; one that was taught needs nothing. */
      readonly prompt: ProtocolOptions;
      readonly batches: { readonly simulated: number; readonly real: number };
      readonly simulator: Simulator;
      /** Of sampling; updates score under the same. */
      readonly temperature: number;
      readonly reward: TrainingReward;
      readonly config: Omit<GrpoConfig, 'seed' | 'batches'>;
    };

/** A full training plan: plain data, so that an arm is a function of a recipe. */
export type Recipe = {
  /** Folder of the model it begins with, from the repository's root. */
  readonly base: string;
  /** Limits under which examples are made and rollouts are trained on. */
  readonly limits: RolloutOptions;
  readonly search: SearchSettings;
  readonly stages: readonly Stage[];
};

/** The recipe with one of its stages changed. Throws where it has no stage of that name. */
export const withStage = (
  recipe: Recipe,
  name: string,
  change: (stage: Stage) => Stage,
): Recipe => {
  if (!recipe.stages.some((stage) => stage.name === name)) {
    const names = recipe.stages.map((stage) => stage.name).join(', ');
    throw new Error(`no stage '${name}' in the recipe; it has: ${names}`);
  }
  const stages = recipe.stages.map((stage) => (stage.name === name ? change(stage) : stage));
  return { ...recipe, stages };
};
