import type { Context, Environment, Policy, Protocol, Segment } from '@coa/core';
import { observationOf, refusalOf, type SimulationLimits } from './simulation.ts';

export type SimulatedOptions = SimulationLimits & {
  /** The policy itself, or a frozen snapshot of it. */
  readonly policy: Policy;
  /** The protocol of the rollouts: it knows how an observation opens and closes. */
  readonly protocol: Protocol;
};

const sentinel = 'observation';

/** The markup before an observation's text and after it, in the turn that called for it. */
export const observationMarks = (
  protocol: Protocol,
  turn: string,
): { readonly opening: string; readonly closing: string } => {
  const empty = { text: sentinel, passageIds: [], failure: null };
  const written = protocol.renderObservation(empty, turn);
  const at = written.findIndex(({ kind, text }) => kind === 'content' && text.includes(sentinel));
  const textOf = (from: number, to?: number) =>
    written
      .slice(from, to)
      .map(({ text }) => text)
      .join('');
  return { opening: textOf(0, at), closing: textOf(at + 1).trim() };
};

const lastTurn = ({ segments }: Context): string => {
  const from = segments.findLastIndex(({ source }) => source === 'observation') + 1;
  return segments
    .slice(from)
    .map(({ text }) => text)
    .join('');
};

const opened = (policy: Policy, { prompt, segments }: Context, opening: string): Context => {
  const ids = policy.encode(opening, 'markup');
  const mark: Segment = { source: 'forced', text: opening, ids, logprobs: null };
  return { prompt, segments: [...segments, mark] };
};

/**
 * The internal world model (paper, "RL, stage 1"): after an action the policy goes on in its own stream and writes the
 * observation, up to the mark that closes it. The text is an observation like any other: cut, masked, and never trusted.
 */
export const simulatedEnvironment = (options: SimulatedOptions): Environment => {
  const { policy, protocol, maxTokens, temperature, callLimit } = options;
  return {
    name: `simulated by ${policy.name}`,
    fingerprint: JSON.stringify([
      'simulated',
      policy.fingerprint,
      maxTokens,
      temperature,
      callLimit,
    ]),
    observe: async (action, call) => {
      const { rng, context, signal } = call;
      signal?.throwIfAborted();
      const refusal = refusalOf(action, call, options);
      if (refusal) return refusal;
      const { opening, closing } = observationMarks(protocol, lastTurn(context));
      const seed = Math.floor(rng() * 2 ** 32);
      const sampling = { maxTokens, temperature, topP: 1, seed, stop: [closing] };
      const request = { context: opened(policy, context, opening), options: sampling };
      const [written] = await policy.generate([request], signal);
      return observationOf(written!, closing, options);
    },
  };
};
