import type { Question, Step, StopReason, Usage } from '@coa/core';

/** What the report file hands to its own script; every value in it is untrusted text. */

/** Trajectories per compressed chunk: one chunk is decoded to show one trajectory. */
export const chunkSize = 50;

/** Why a trajectory ended; `error` where there is none, only a message. */
export type Ending = StopReason | 'error';

/** One line of the list: set, arm, repeat, start of the question, EM, F1, ending, action steps. */
export type IndexEntry = readonly [
  set: number,
  arm: number,
  repeat: number,
  question: string,
  exactMatch: number | null,
  tokenF1: number | null,
  ending: Ending,
  actions: number,
];

export type ReportIndex = {
  readonly sets: readonly string[];
  readonly arms: readonly string[];
  /** In the order of the records: entry i is trajectory i, in chunk floor(i / chunkSize). */
  readonly entries: readonly IndexEntry[];
};

/** What one trajectory's page shows. */
export type TrajectoryView = {
  readonly question: Question;
  readonly arm: string;
  readonly repeat: number;
  readonly seed: number;
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly ended:
    | {
        readonly kind: 'rollout';
        readonly protocol: string;
        readonly stop: StopReason;
        readonly prediction: string | null;
        readonly steps: readonly Step[];
        readonly usage: Usage;
      }
    | { readonly kind: 'error'; readonly message: string; readonly attempts: number };
};

/** Exact match of one set and arm, as shares. */
export type ChartPoint = {
  readonly set: number;
  readonly arm: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
};

export type ChartData = {
  readonly sets: readonly string[];
  readonly arms: readonly string[];
  readonly points: readonly ChartPoint[];
};

/** Lines over a common axis. */
export type LineChart = {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
};
