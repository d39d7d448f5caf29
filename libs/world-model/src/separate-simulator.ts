import type { Environment, Policy, Prompt, Question } from '@coa/core';
import { observationOf, refusalOf, type SimulationLimits } from './simulation.ts';

/** What a separate simulator is asked for. */
export type SimulatorRequest = {
  readonly query: string;
  /** The answer that useful passages should lead to; null = it may not see it. */
  readonly gold: string | null;
  /** false: passages that do not help, for the curriculum. */
  readonly useful: boolean;
};

/** How a separate simulator is asked, in training as in use. */
export const simulatorPrompt = ({ query, gold, useful }: SimulatorRequest): Prompt => ({
  system: '',
  examples: [],
  user: [
    `${useful ? 'Useful' : 'Noisy'} passages for: ${query}`,
    ...(gold === null ? [] : [`They lead to: ${gold}`]),
  ].join('\n'),
  assistantPrefix: '',
});

/** A prompt with what should follow, to fine-tune a simulator on a real observation. */
export const simulatorExample = (request: SimulatorRequest, observation: string) => ({
  prompt: simulatorPrompt(request),
  completion: observation,
});

/**
 * Share of noisy passages at one step of a curriculum (ZeroSearch, arXiv 2505.04588, equation 4):
 * start + (base^(step / steps) - 1) / (base - 1) * (end - start).
 */
export const noiseAt = (
  step: number,
  {
    start,
    end,
    base,
    steps,
  }: {
    readonly start: number;
    readonly end: number;
    readonly base: number;
    readonly steps: number;
  },
): number => {
  const share = step / steps;
  const risen = base === 1 ? share : (base ** share - 1) / (base - 1);
  return start + risen * (end - start);
};

export type SeparateOptions = SimulationLimits & {
  readonly policy: Policy;
  /** It is told the question's first gold answer. */
  readonly seesGold: boolean;
  /** Share of calls answered with passages that do not help, in [0, 1]. */
  readonly noise: number;
};

const goldOf = ({ golds }: Question, seesGold: boolean): string | null =>
  seesGold ? (golds[0] ?? null) : null;

/** A policy of its own that writes passages for a query; it sees nothing of the trajectory. */
export const separateSimulator = (options: SeparateOptions): Environment => {
  const { policy, seesGold, noise, maxTokens, temperature, callLimit } = options;
  if (!(noise >= 0 && noise <= 1)) throw new RangeError(`noise is ${noise}; it must be in [0, 1]`);
  const settings = [policy.fingerprint, seesGold, noise, maxTokens, temperature, callLimit];
  return {
    name: `passages by ${policy.name}${seesGold ? ', which sees the answer' : ''}`,
    fingerprint: JSON.stringify(['separate', ...settings]),
    observe: async (action, call) => {
      const { rng, question, signal } = call;
      signal?.throwIfAborted();
      const refusal = refusalOf(action, call, options);
      if (refusal) return refusal;
      const useful = rng() >= noise;
      const gold = goldOf(question, seesGold);
      const prompt = simulatorPrompt({ query: action.input, gold, useful });
      const seed = Math.floor(rng() * 2 ** 32);
      const sampling = { maxTokens, temperature, topP: 1, seed, stop: [] };
      const request = { context: { prompt, segments: [] }, options: sampling };
      const [written] = await policy.generate([request], signal);
      return observationOf(written!, '', options);
    },
  };
};
