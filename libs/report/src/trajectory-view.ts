import type { Rollout, RunRecord } from '@coa/core';
import { predictionOf } from '@coa/metrics';
import type { NoTokens, TokenSource, TokensView, TrajectoryView } from './client/payload.ts';
import { tokenKindsOf } from './token-kinds.ts';
import type { TokenText } from './token-texts.ts';

/** Texts of token ids, or why there are none, for people. */
export type TokenTexts = ((ids: ArrayLike<number>) => TokenText[] | null) | string;

const none = (reason: string): NoTokens => ({ kind: 'none', reason });

const sourcesOf = (promptMask: Uint8Array, observationMask: Uint8Array): TokenSource[] =>
  Array.from(promptMask, (given, i) => {
    if (given === 1) return 'given';
    return observationMask[i] === 1 ? 'observation' : 'sampled';
  });

/** A rollout token by token, or why not. */
export const tokensView = (
  { tokens, trajectory }: Rollout,
  textsOf: TokenTexts,
): TokensView | NoTokens => {
  if (tokens === null) return none('The engine of this model told no token ids.');
  if (typeof textsOf === 'string') return none(textsOf);
  const texts = textsOf(tokens.ids);
  const kinds =
    texts &&
    tokenKindsOf(
      tokens,
      texts.map(({ decoded }) => decoded),
      trajectory.steps,
    );
  if (kinds === null) {
    return none('The tokenizer at hand does not give this trajectory’s text: it is another one.');
  }
  return {
    kind: 'tokens',
    texts: texts!.map(({ shown }) => shown),
    ids: [...tokens.ids],
    kinds,
    sources: sourcesOf(tokens.promptMask, tokens.observationMask),
    logprobs: Array.from(tokens.logprobs, (value) => (Number.isNaN(value) ? null : value)),
  };
};

const endedOf = ({ outcome }: RunRecord, textsOf: TokenTexts): TrajectoryView['ended'] => {
  if (outcome.kind === 'error') {
    return { kind: 'error', message: outcome.message, attempts: outcome.attempts };
  }
  const { trajectory, usage } = outcome.rollout;
  const { protocol, stop, steps } = trajectory;
  const prediction = predictionOf(trajectory);
  const tokens = tokensView(outcome.rollout, textsOf);
  return { kind: 'rollout', protocol, stop, steps, usage, prediction, tokens };
};

/** What a page shows of a record, as plain JSON. */
export const trajectoryView = (
  record: RunRecord,
  textsOf: TokenTexts = 'Its tokens were not read.',
): TrajectoryView => {
  const { outcome, arm, repeat, seed, seconds, metrics } = record;
  const question =
    outcome.kind === 'error' ? outcome.question : outcome.rollout.trajectory.question;
  return { question, arm, repeat, seed, seconds, metrics, ended: endedOf(record, textsOf) };
};
