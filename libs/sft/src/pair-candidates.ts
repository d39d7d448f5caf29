import type { Question, Rollout, TokenSequence, Trajectory } from '@coa/core';
import { withEndOfTurn } from './examples.ts';

/** tool-right: the continuation with the tool is chosen; memory-right: the one without. */
export type PairKind = 'tool-right' | 'memory-right';

/**
 * A CoT+A pair (paper, "SFT data"): two ways on from the same tokens. Observation tokens of a continuation are marked;
 * they are no part of P(x|c), for no policy chose them.
 */
export type ContrastivePair = {
  readonly question: Question;
  readonly kind: PairKind;
  /** The shared prefix: the prompt and what both wrote alike. */
  readonly context: Int32Array;
  readonly chosen: TokenSequence;
  readonly rejected: TokenSequence;
};

/**
 * Why two rollouts of a question are no pair. same-use, same-outcome: they do not differ there. not-answered: one did
 * not answer by itself. identical: neither goes on otherwise. prompts-differ: they part in the prompt.
 * cut-in-observation: they part where no policy decides. surplus: a pair, but more than wanted.
 */
export type PairRejection =
  | 'no-tokens'
  | 'not-answered'
  | 'same-outcome'
  | 'identical'
  | 'prompts-differ'
  | 'cut-in-observation'
  | 'same-use'
  | 'short-prefix'
  | 'too-long'
  | 'surplus';

export type PairOptions = {
  readonly isRight: (trajectory: Trajectory) => boolean;
  /** Ids that end the student's turn, from `endOfTurnIds`; empty = none is taught. */
  readonly endOfTurn: Int32Array;
  /** Most tokens of context and continuation together. */
  readonly maxTokens: number;
  /** Fewest tokens that both wrote alike after the prompt; 0 = the prompt alone will do. */
  readonly minShared: number;
  /** Most pairs of a kind from one question; those with the longest shared prefix are kept. */
  readonly perQuestion: number;
  /** Both kinds equally often: the commoner one is cut down to the rarer. */
  readonly balance: boolean;
  /** Most pairs altogether; null = all. */
  readonly most: number | null;
  readonly seed: number;
};

/** Length of the longest common prefix. */
export const commonPrefix = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
};

const promptLength = ({ promptMask }: TokenSequence): number => {
  const first = promptMask.indexOf(0);
  return first < 0 ? promptMask.length : first;
};

const slice = (tokens: TokenSequence, from: number): TokenSequence => ({
  ids: tokens.ids.slice(from),
  promptMask: tokens.promptMask.slice(from),
  observationMask: tokens.observationMask.slice(from),
  logprobs: tokens.logprobs.slice(from),
});

/** Whether an observation begins at or after a place: an action was carried out from there on. */
const usesTool = ({ observationMask }: TokenSequence, from: number): boolean =>
  observationMask.includes(1, from);

/** Where two token views part, or why that place is no decision. */
const cutOf = (
  a: TokenSequence,
  b: TokenSequence,
  { minShared, maxTokens }: PairOptions,
): { readonly cut: number; readonly shared: number } | PairRejection => {
  const cut = commonPrefix(a.ids, b.ids);
  const begin = promptLength(a);
  if (cut === a.ids.length || cut === b.ids.length) return 'identical';
  if (cut < begin || begin !== promptLength(b)) return 'prompts-differ';
  if (a.observationMask[cut] === 1 || b.observationMask[cut] === 1) return 'cut-in-observation';
  if (usesTool(a, cut) === usesTool(b, cut)) return 'same-use';
  if (cut - begin < minShared) return 'short-prefix';
  if (Math.max(a.ids.length, b.ids.length) > maxTokens) return 'too-long';
  return { cut, shared: cut - begin };
};

export type Candidate = {
  readonly pair: ContrastivePair;
  /** Tokens that both wrote alike. */
  readonly shared: number;
  readonly members: readonly [Rollout, Rollout];
};

/** The pair that two rollouts of one question make, or why they make none. */
export const candidateOf = (
  a: Rollout,
  b: Rollout,
  options: PairOptions,
): Candidate | PairRejection => {
  if (a.tokens === null || b.tokens === null) return 'no-tokens';
  if (a.trajectory.stop !== 'answered' || b.trajectory.stop !== 'answered') return 'not-answered';
  const aIsRight = options.isRight(a.trajectory);
  if (aIsRight === options.isRight(b.trajectory)) return 'same-outcome';
  const [good, bad] = (aIsRight ? [a.tokens, b.tokens] : [b.tokens, a.tokens]).map((tokens) =>
    withEndOfTurn(tokens, options.endOfTurn),
  ) as [TokenSequence, TokenSequence];
  const found = cutOf(good, bad, options);
  if (typeof found === 'string') return found;
  const { cut, shared } = found;
  const pair: ContrastivePair = {
    question: a.trajectory.question,
    kind: usesTool(good, cut) ? 'tool-right' : 'memory-right',
    context: good.ids.slice(0, cut),
    chosen: slice(good, cut),
    rejected: slice(bad, cut),
  };
  return { pair, shared, members: [a, b] };
};
