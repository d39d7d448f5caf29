import type { GrpoConfig, KlConfig, Objective } from './config.ts';

/** A value and its slope in the policy's log-probability. */
export type Term = { readonly value: number; readonly slope: number };

/** What is known of one token: natural-log probabilities under the three policies, and its sequence's advantage. */
export type TokenFacts = {
  readonly logprob: number;
  /** At sampling. */
  readonly behaviour: number;
  /** null where no reference policy is kept. */
  readonly reference: number | null;
  readonly advantage: number;
};

/** pi / pi of sampling. */
export const ratioOf = ({
  logprob,
  behaviour,
}: Pick<TokenFacts, 'logprob' | 'behaviour'>): number => Math.exp(logprob - behaviour);

const clippedTerm = (
  facts: TokenFacts,
  { low, high, dual }: Objective & { readonly kind: 'clipped' },
): Term => {
  const { advantage } = facts;
  const ratio = ratioOf(facts);
  const clipped = Math.min(1 + high, Math.max(1 - low, ratio));
  const [plain, bounded] = [-advantage * ratio, -advantage * clipped];
  // d ratio / d logprob = ratio; where the clipped side is the larger loss, nothing moves it
  const surrogate =
    plain >= bounded ? { value: plain, slope: plain } : { value: bounded, slope: 0 };
  const most = dual === null || advantage >= 0 ? Number.POSITIVE_INFINITY : -advantage * dual;
  return surrogate.value > most ? { value: most, slope: 0 } : surrogate;
};

/** Minus the objective of one token (paper, GRPO; PPO, Schulman et al. 2017; dual clip, Ye et al. 2020). */
export const policyTerm = (facts: TokenFacts, objective: Objective): Term => {
  switch (objective.kind) {
    case 'policy-gradient':
      return { value: -facts.advantage * facts.logprob, slope: -facts.advantage };
    case 'clipped':
      return clippedTerm(facts, objective);
  }
};

/** Estimate of KL(policy || reference) from one token; `difference` = reference - policy log-prob. */
export const klTerm = (
  difference: number,
  { estimator, clamp }: Pick<KlConfig, 'estimator' | 'clamp'>,
): Term => {
  const term = (): Term => {
    switch (estimator) {
      case 'k1':
        return { value: -difference, slope: 1 };
      case 'k2':
        return { value: 0.5 * difference ** 2, slope: -difference };
      case 'k3':
        return { value: Math.exp(difference) - difference - 1, slope: 1 - Math.exp(difference) };
    }
  };
  const { value, slope } = term();
  return clamp !== null && Math.abs(value) > clamp
    ? { value: Math.sign(value) * clamp, slope: 0 }
    : { value, slope };
};

/** Policy and KL part of one token's loss; their sum is what is minimised. */
export const tokenLoss = (
  facts: TokenFacts,
  { objective, kl }: Pick<GrpoConfig, 'objective' | 'kl'>,
): { readonly policy: Term; readonly kl: Term } => ({
  policy: policyTerm(facts, objective),
  kl:
    facts.reference === null ? { value: 0, slope: 0 } : klTerm(facts.reference - facts.logprob, kl),
});

/**
 * Weight of every token of each sequence in the batch's loss.
 * @param lengths tokens that count, by sequence
 */
export const sequenceWeights = (
  lengths: readonly number[],
  averaging: GrpoConfig['averaging'],
): number[] => {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const weightOf = (length: number): number => {
    switch (averaging.kind) {
      case 'token':
        return 1 / total;
      case 'sequence':
        return 1 / (lengths.length * length);
      case 'constant':
        return 1 / (lengths.length * averaging.length);
    }
  };
  return lengths.map(weightOf);
};
