import type { Action, Observation, Prompt, Step, Written } from './types.ts';

/** What one policy turn asks for next. */
export type Move =
  | { readonly kind: 'act'; readonly action: Action }
  | { readonly kind: 'answer' }
  /** No action and no answer yet. `goOn`: what stopped generation meant nothing, so it may continue; else an answer is forced. */
  | { readonly kind: 'none'; readonly goOn: boolean }
  /** The text can no longer hold a valid answer. */
  | { readonly kind: 'malformed' };

export type Turn = { readonly steps: readonly Step[]; readonly move: Move };

/**
 * An agent workflow as data: how a question is put, where generation pauses, how a turn is read, how an
 * observation is written, how an answer is forced. The loop (`rollout`) is the same for all of them.
 */
export type Protocol = {
  readonly name: string;
  /** Rises whenever a prompt or the parser changes. */
  readonly version: number;
  readonly stop: readonly string[];
  prompt(question: string): Prompt;
  /** Reads one policy turn. `before`: what the policy wrote (and was forced to write) earlier in the trajectory. */
  parseTurn(text: string, before: string): Turn;
  /** What carries an observation, given the turn that asked for it: the observation's own text is content. */
  renderObservation(observation: Observation, turn: string): readonly Written[];
  /** The markup that makes the policy answer now. `before`: as in `parseTurn`; `tail`: the whole assistant turn so far, observations included. */
  forceAnswer(before: string, tail: string): string;
  /** Where a forced answer ends. */
  readonly forcedStop: readonly string[];
};

/** `coa@1` */
export const protocolId = ({ name, version }: Protocol): string => `${name}@${version}`;
