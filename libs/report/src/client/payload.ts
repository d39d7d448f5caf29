import type { Question, Step, StopReason, Usage } from '@coa/core';

/** What a page's script is handed; every value in it is untrusted text. */

/** Why a trajectory ended; `error` where there is none, only a message. */
export const endings = ['answered', 'horizon', 'context', 'length', 'malformed', 'error'] as const;

export type Ending = (typeof endings)[number];

/** The list of trajectories by columns: entry i of each column of `entries` is trajectory i. */
export type ReportIndex = {
  readonly sets: readonly string[];
  readonly arms: readonly string[];
  /** Each question once; `set` is a place in `sets`. */
  readonly questions: {
    readonly set: readonly number[];
    readonly id: readonly string[];
    /** Its beginning. */
    readonly text: readonly string[];
    readonly known: readonly (boolean | null)[];
  };
  /** Predictions and error messages, each once, their beginnings. */
  readonly said: readonly string[];
  readonly entries: {
    /** A place in `questions`. */
    readonly question: readonly number[];
    /** A place in `arms`. */
    readonly arm: readonly number[];
    readonly repeat: readonly number[];
    readonly exactMatch: readonly (number | null)[];
    readonly tokenF1: readonly (number | null)[];
    /** A place in `endings`. */
    readonly ending: readonly number[];
    /** Action steps. */
    readonly actions: readonly number[];
    /** A place in `said`; null where there is no answer. */
    readonly said: readonly (number | null)[];
  };
};

/** What a token is part of. */
export const tokenKinds = ['prompt', 'think', 'action', 'observation', 'answer'] as const;

export type TokenKind = (typeof tokenKinds)[number];

/**
 * Who wrote a token. sampled: the policy, and every loss counts it; observation: an environment, and a loss counts it only
 * where observations are learnt; given: the prompt or the loop, and no loss counts it.
 */
export const tokenSources = ['sampled', 'observation', 'given'] as const;

export type TokenSource = (typeof tokenSources)[number];

/** A trajectory token by token: one entry per token in every array. */
export type TokensView = {
  readonly kind: 'tokens';
  /** A character of several tokens stands at the last of them; the others are empty. */
  readonly texts: readonly string[];
  readonly ids: readonly number[];
  readonly kinds: readonly TokenKind[];
  readonly sources: readonly TokenSource[];
  /** Natural logarithm; null where not sampled or not told. */
  readonly logprobs: readonly (number | null)[];
};

/** Why a trajectory is not shown token by token, for people. */
export type NoTokens = { readonly kind: 'none'; readonly reason: string };

/** What one trajectory's page shows: plain JSON. */
export type TrajectoryView = {
  readonly question: Question;
  readonly arm: string;
  readonly repeat: number;
  readonly seed: number;
  /** Wall-clock; null where nobody measured it. */
  readonly seconds: number | null;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly ended:
    | {
        readonly kind: 'rollout';
        readonly protocol: string;
        readonly stop: StopReason;
        readonly prediction: string | null;
        readonly steps: readonly Step[];
        readonly tokens: TokensView | NoTokens;
        readonly usage: Usage;
      }
    | { readonly kind: 'error'; readonly message: string; readonly attempts: number };
};
