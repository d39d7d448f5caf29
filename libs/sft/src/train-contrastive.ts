import type { TokenSequence } from '@coa/core';
import { type Model, packSequences, type ScoredSequence, type TrainResult } from '@coa/model';
import { lossMask } from '@coa/rollout';
import { contrastiveShare } from './loss-tensors.ts';
import { contrastiveLoss } from './losses.ts';
import type { ContrastivePair } from './pair-candidates.ts';
import { stepsByCount, tokensHash } from './step-plan.ts';
import {
  type Progress,
  type StepLosses,
  type TrainConfig,
  type TrainServices,
  trainSteps,
} from './train-steps.ts';

/** Stage 1 of the paper's SFT. */
export type ContrastiveConfig = TrainConfig & {
  /** Weight of the auxiliary term -P(chosen|c); the released script's: 0.2. */
  readonly alpha: number;
  /** The released script's: 16. */
  readonly pairsPerStep: number;
};

/** What the loss of a step was made of: means over its pairs. */
export type ContrastiveParts = {
  readonly pairs: number;
  /** -log sigmoid(P(chosen) - P(rejected)) */
  readonly contrastive: number;
  /** alpha * -P(chosen) */
  readonly auxiliary: number;
  /** P(chosen) - P(rejected), nats a token */
  readonly margin: number;
  /** Part of the pairs with P(chosen) > P(rejected). */
  readonly preferenceAccuracy: number;
  /** P(chosen|c) and P(rejected|c): both falling is the collapse that the auxiliary term is there to prevent. */
  readonly chosenLogprob: number;
  readonly rejectedLogprob: number;
};

export type ContrastiveReport = Progress & ContrastiveParts;

/** Context and continuation as one sequence; wanted is what P(x|c) counts: no context, no observation. */
const scoredOf = (context: Int32Array, continuation: TokenSequence): ScoredSequence => {
  const mask = lossMask(continuation, { maskObservations: true });
  const wanted = new Uint8Array(context.length + mask.length);
  wanted.set(mask, context.length);
  return { ids: Int32Array.of(...context, ...continuation.ids), wanted };
};

type Taught = {
  readonly id: string;
  readonly chosen: ScoredSequence;
  readonly rejected: ScoredSequence;
};

const taughtOf = ({ question, context, ...pair }: ContrastivePair, model: Model): Taught => {
  const { id } = question;
  const [chosen, rejected] = [scoredOf(context, pair.chosen), scoredOf(context, pair.rejected)];
  const longest = Math.max(chosen.ids.length, rejected.ids.length);
  const { positions } = model.config;
  if (context.length === 0) throw new RangeError(`the pair of ${id} has an empty context`);
  if (longest > positions)
    throw new RangeError(`the pair of ${id} has ${longest} tokens; the model has ${positions}`);
  if (!chosen.wanted.includes(1) || !rejected.wanted.includes(1))
    throw new RangeError(`the pair of ${id} has a continuation without a policy token`);
  return { id, chosen, rejected };
};

const openStep = (
  model: Model,
  taught: readonly Taught[],
  items: readonly number[],
  { alpha, checkpointActivations }: ContrastiveConfig,
): StepLosses<ContrastiveParts> => {
  const sums = { contrastive: 0, auxiliary: 0, chosen: 0, rejected: 0, preferred: 0 };
  const total = items.length;
  const see = (chosen: Float32Array, rejected: Float32Array): void => {
    for (const [i, own] of chosen.entries()) {
      const pair = { chosen: own, rejected: rejected[i]! };
      const { contrastive, auxiliary } = contrastiveLoss(pair, alpha);
      sums.contrastive += contrastive;
      sums.auxiliary += auxiliary;
      sums.chosen += pair.chosen;
      sums.rejected += pair.rejected;
      sums.preferred += Number(pair.chosen > pair.rejected);
    }
  };
  const lossOf = (part: readonly number[]) => {
    const pairs = part.map((i) => taught[i]!);
    const packed = packSequences(pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]));
    return {
      label: pairs.map(({ id }) => id).join(', '),
      loss: () => contrastiveShare(model, packed, { alpha, total, see, checkpointActivations }),
    };
  };
  const parts = (): ContrastiveParts => ({
    pairs: total,
    contrastive: sums.contrastive / total,
    auxiliary: sums.auxiliary / total,
    margin: (sums.chosen - sums.rejected) / total,
    preferenceAccuracy: sums.preferred / total,
    chosenLogprob: sums.chosen / total,
    rejectedLogprob: sums.rejected / total,
  });
  return { lossOf, parts };
};

/** Tells a pair apart from others. */
const pairHash = ({ context, chosen, rejected }: ContrastivePair): string =>
  `${context.join()}|${tokensHash(chosen)}|${tokensHash(rejected)}`;

/**
 * Trains on CoT+A pairs by the stage-1 loss of the paper ("SFT losses"), the mean over each step's pairs. Observation
 * tokens of a continuation are read, and are no part of P(x|c). Two runs over the same pairs in the same order give the
 * same bytes.
 * @throws RangeError where a pair does not fit the model, or a continuation has no policy token
 */
export const trainContrastive = async (
  model: Model,
  pairs: readonly ContrastivePair[],
  config: ContrastiveConfig,
  services: TrainServices<ContrastiveReport>,
): Promise<TrainResult> => {
  if (!(config.alpha >= 0 && Number.isFinite(config.alpha)))
    throw new RangeError(`alpha is ${config.alpha}; it must be at least 0`);
  const taught = pairs.map((pair) => taughtOf(pair, model));
  const source = {
    steps: stepsByCount(taught.length, { ...config, perStep: config.pairsPerStep }),
    count: taught.length,
    tokensOf: (i: number) => taught[i]!.chosen.ids.length + taught[i]!.rejected.ids.length,
    open: (items: readonly number[]) => openStep(model, taught, items, config),
    recipe: { kind: 'contrastive', config, data: pairs.map(pairHash) },
  };
  return trainSteps(model, source, config, services);
};
