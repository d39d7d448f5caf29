import type { StopReason } from '@coa/core';
import type { ClaimResult, Interval, TrainingCalls } from '@coa/metrics';
import type { Deltas } from './deltas.ts';
import type { Estimate } from './macro-average.ts';

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
  /** A judge's verdicts; null where none ran. */
  readonly judged: Interval | null;
  readonly releasedReward: number | null;
  readonly actionSteps: number | null;
  readonly answered: number | null;
  /** Over the `goldRecallN` rollouts for which it is defined. */
  readonly goldRecall: number | null;
  readonly goldRecallN: number;
  /** Of the facts of a question's reasoning graph: shown by a passage, and taken up; null where no question has a graph. */
  readonly hopRecall: number | null;
  readonly hopSuccess: number | null;
  /** A question whose entities the base model read about; null where there is none. */
  readonly needlessSearches: number | null;
  readonly stops: Readonly<Record<StopReason, number>>;
  /** Tokens the policy wrote, all rollouts together. */
  readonly generatedTokens: number;
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
  readonly judged: Estimate | null;
};

/** One arm on questions about entities that the base model has read about, or on the others; all sets together. */
export type KnowledgeRow = {
  readonly arm: string;
  readonly known: boolean;
  /** All questions, or those whose reasoning takes three hops or one. */
  readonly part: 'all' | 'threeHop' | 'oneHop';
  readonly n: number;
  readonly exactMatch: Interval;
  /** null where no judge ran. */
  readonly judged: Interval | null;
  /** Mean searches a question. */
  readonly searches: number;
  /** As in `SummaryRow`. */
  readonly hopRecall: number | null;
  readonly hopSuccess: number | null;
};

/** One arm's rollouts with so many action steps, all sets together. */
export type StepRow = {
  readonly arm: string;
  readonly actions: number;
  readonly n: number;
  /** Of the arm's rollouts. */
  readonly share: number;
  /** Of the arm's right answers; null where it has none. */
  readonly shareOfRight: number | null;
  readonly exactMatch: Interval;
};

export type Summary = {
  readonly datasets: readonly string[];
  readonly arms: readonly string[];
  /** Every set x arm, sets outermost; also those of the manifest that have no record yet. */
  readonly rows: readonly SummaryRow[];
  readonly averages: readonly AverageRow[];
  /** Arm by arm; empty where no question says what is known. */
  readonly knowledge: readonly KnowledgeRow[];
  /** Arm by arm, by number of action steps. */
  readonly steps: readonly StepRow[];
  /** Every other arm against the baseline; null where the run names none. */
  readonly deltas: Deltas | null;
  /** By arm and seed; empty where the trainings are not at hand. */
  readonly calls: readonly TrainingCalls[];
  /** The paper's claims that these arms can speak to. */
  readonly claims: readonly ClaimResult[];
};
