import type { StopReason } from '@coa/core';
import type { ClaimResult, Interval } from '@coa/metrics';
import type { Estimate } from './macro-average.ts';

/** Rollouts with the same number of action steps, and how many of them were exactly right. */
export type StepBin = { readonly actions: number; readonly n: number; readonly right: number };

/** One question set answered by one arm. Errors are counted apart: no mean includes them. */
export type SummaryRow = {
  readonly dataset: string;
  readonly arm: string;
  /** Rollouts that ended; `n + errors` records in all. */
  readonly n: number;
  readonly errors: number;
  /** Means are null where no rollout has a value. */
  readonly exactMatch: Interval | null;
  readonly tokenF1: Interval | null;
  readonly releasedReward: number | null;
  readonly actionSteps: number | null;
  readonly answered: number | null;
  /** Over the `goldRecallN` rollouts for which it is defined. */
  readonly goldRecall: number | null;
  readonly goldRecallN: number;
  readonly stops: Readonly<Record<StopReason, number>>;
  /** Tokens the policy wrote, all rollouts together. */
  readonly generatedTokens: number;
  readonly stepBins: readonly StepBin[];
};

/** Mean over the sets that have values, each set weighing the same. */
export type AverageRow = {
  readonly arm: string;
  /** Sets averaged over. */
  readonly datasets: number;
  readonly n: number;
  readonly errors: number;
  readonly exactMatch: Estimate | null;
  readonly tokenF1: Estimate | null;
};

/** One arm on questions about entities that the base model has read about, or on the others; all sets together. */
export type KnowledgeRow = {
  readonly arm: string;
  readonly known: boolean;
  readonly n: number;
  readonly exactMatch: Interval;
  /** Mean searches a question. */
  readonly searches: number;
};

export type Summary = {
  readonly datasets: readonly string[];
  readonly arms: readonly string[];
  /** Every set x arm, sets outermost; also those of the manifest that have no record yet. */
  readonly rows: readonly SummaryRow[];
  readonly averages: readonly AverageRow[];
  /** Arm by arm; empty where no question says what is known. */
  readonly knowledge: readonly KnowledgeRow[];
  /** The paper's claims that these arms can speak to. */
  readonly claims: readonly ClaimResult[];
};
