import type { OptimizerConfig, Schedule } from '@coa/model';

/** How far the policy has moved from the reference: k1 = log ratio, k2 = half its square, k3 = the low-variance estimator (Schulman 2020). */
export type KlConfig = {
  readonly estimator: 'k1' | 'k2' | 'k3';
  /** 0 = no reference policy is kept. */
  readonly coefficient: number;
  /** Each token's estimate is cut to +- this; null = not at all. The released code: 10. */
  readonly clamp: number | null;
};

/** policy-gradient: log pi times A (paper). clipped: PPO's surrogate (released code). */
export type Objective =
  | { readonly kind: 'policy-gradient' }
  | {
      readonly kind: 'clipped';
      /** The ratio is clipped to [1 - low, 1 + high]; high > low is DAPO's clip-higher. */
      readonly low: number;
      readonly high: number;
      /** Dual clip: a negative advantage costs at most `dual` times itself; null = no bound. */
      readonly dual: number | null;
    };

/** Over what the tokens' losses are averaged. constant: over `length` tokens a sequence, whatever it has (Dr. GRPO). */
export type Averaging =
  | { readonly kind: 'token' }
  | { readonly kind: 'sequence' }
  | { readonly kind: 'constant'; readonly length: number };

/** What becomes of groups whose members all got the same reward. */
export type ZeroVariance =
  /** They stay, with advantage 0. */
  | { readonly kind: 'mask' }
  /** They leave the batch and its averages. */
  | { readonly kind: 'drop' }
  /** Dynamic sampling (DAPO): further questions are drawn, at most so many times the batch, until it is full. */
  | { readonly kind: 'resample'; readonly mostRounds: number };

/** Collapsed: the mean reward of the last `window` batches is less than `share` of the best such mean before. */
export type Collapse = { readonly window: number; readonly share: number };

export type GrpoConfig = {
  /** Batches of rollouts. */
  readonly batches: number;
  readonly questionsPerBatch: number;
  /** G: rollouts of one question. */
  readonly groupSize: number;
  /** Updates on each batch; from the second on the ratios differ from 1. */
  readonly updatesPerBatch: number;
  /** mean: reward less the group's mean (paper). unbiased-std: also over the (n - 1) deviation + 1e-6 (released code). */
  readonly advantage: 'mean' | 'unbiased-std';
  readonly objective: Objective;
  readonly averaging: Averaging;
  readonly kl: KlConfig;
  readonly entropyCoefficient: number;
  readonly zeroVariance: ZeroVariance;
  /** Observation tokens enter no term of the loss, whoever wrote them. Without it they enter all of them, for ablations. */
  readonly maskObservations: boolean;
  readonly schedule: Pick<Schedule, 'kind' | 'peak' | 'floor' | 'warmup'>;
  readonly optimizer: OptimizerConfig;
  readonly seed: number;
  /** Stops the run where rewards collapse; null = never. */
  readonly collapse: Collapse | null;
  /** Tokens held in memory at once. */
  readonly microBatchTokens: number;
};

/** What the two presets decide: the rest is scale. */
type Method = Pick<
  GrpoConfig,
  'advantage' | 'objective' | 'averaging' | 'kl' | 'entropyCoefficient' | 'zeroVariance'
>;

/** As the paper's text has it: mean-centred reward, log pi times A. */
export const paperGrpo: Method = {
  advantage: 'mean',
  objective: { kind: 'policy-gradient' },
  averaging: { kind: 'token' },
  kl: { estimator: 'k3', coefficient: 0, clamp: null },
  entropyCoefficient: 0,
  zeroVariance: { kind: 'mask' },
};

/** As the released code has it. */
export const releasedGrpo: Method = {
  advantage: 'unbiased-std',
  objective: { kind: 'clipped', low: 0.2, high: 0.2, dual: null },
  averaging: { kind: 'token' },
  kl: { estimator: 'k3', coefficient: 0.001, clamp: 10 },
  entropyCoefficient: 0.001,
  zeroVariance: { kind: 'mask' },
};
