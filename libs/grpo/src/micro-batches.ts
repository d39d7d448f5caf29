import {
  grouped,
  type MicroBatch,
  type Model,
  needsCheckpoints,
  packSequences,
  tokenLogprobs,
} from '@coa/model';
import { batchLoss, type KnownTokens, type LossParts, referenceLogprobs } from './batch-loss.ts';
import type { GrpoConfig } from './config.ts';
import type { RatedRollout } from './sample-batch.ts';
import { sequenceWeights } from './token-loss.ts';

/** One rollout as the update holds it. */
type Sequence = {
  readonly label: string;
  readonly ids: Int32Array;
  readonly wanted: Uint8Array;
  readonly behaviour: Float32Array;
  readonly advantage: number;
  /** Of each of its tokens in the batch's loss. */
  readonly weight: number;
};

const ones = (mask: Uint8Array): number => mask.reduce((sum, one) => sum + one, 0);

/** Rollouts with something to learn from; those that teach nothing still count in the averages. */
const sequencesOf = (rollouts: readonly RatedRollout[], config: GrpoConfig): Sequence[] => {
  const counted = rollouts.filter(({ wanted }) => ones(wanted) > 0);
  const weights = sequenceWeights(
    counted.map(({ wanted }) => ones(wanted)),
    config.averaging,
  );
  const silent = config.kl.coefficient === 0 && config.entropyCoefficient === 0;
  return counted.flatMap(({ rollout, wanted, advantage }, i) => {
    if (silent && advantage === 0) return [];
    const { ids, logprobs } = rollout.tokens!;
    const { dataset, id } = rollout.trajectory.question;
    const behaviour = logprobs.filter((_, t) => wanted[t] === 1);
    return [{ label: `${dataset}/${id}`, ids, wanted, behaviour, advantage, weight: weights[i]! }];
  });
};

const perToken = (sequences: readonly Sequence[], of: (sequence: Sequence) => number) =>
  Float32Array.from(
    sequences.flatMap((sequence) =>
      Array.from<number>({ length: sequence.behaviour.length }).fill(of(sequence)),
    ),
  );

/**
 * Log-probabilities at sampling, [N]. An observation's tokens have none: where they enter the loss, the policy's own at the
 * start of the batch stand in.
 */
const behaviourOf = (sequences: readonly Sequence[], current: () => Float32Array): Float32Array => {
  const sampled = Float32Array.from(sequences.flatMap(({ behaviour }) => [...behaviour]));
  if (!sampled.some(Number.isNaN)) return sampled;
  const own = current();
  return sampled.map((logprob, i) => (Number.isNaN(logprob) ? own[i]! : logprob));
};

/** What the updates on a batch go through. */
export type Updates = {
  /** Of all its sequences, prompts and observations too. */
  readonly tokens: number;
  /** The micro-batches of one update; adds to `parts` what its loss turns out to be. */
  readonly microBatches: (update: {
    readonly first: boolean;
    readonly parts: LossParts;
  }) => MicroBatch[];
};

/** The updates on a batch: packed once, with what is known of every token beforehand. */
export const updatesOf = (
  {
    model,
    reference,
    temperature,
  }: {
    readonly model: Model;
    readonly reference: Model | null;
    readonly temperature: number;
  },
  rollouts: readonly RatedRollout[],
  config: GrpoConfig,
): Updates => {
  const all = sequencesOf(rollouts, config);
  const held = grouped(all, ({ ids }) => ids.length, config.microBatchTokens).map((sequences) => {
    const packed = packSequences(sequences);
    const known: KnownTokens = {
      behaviour: behaviourOf(sequences, () => tokenLogprobs(model, packed, temperature)),
      reference: referenceLogprobs(
        config.kl.coefficient > 0 ? reference : null,
        packed,
        temperature,
      ),
      advantages: perToken(sequences, ({ advantage }) => advantage),
      weights: perToken(sequences, ({ weight }) => weight),
    };
    return { label: [...new Set(sequences.map(({ label }) => label))].join(', '), packed, known };
  });
  const microBatches: Updates['microBatches'] = ({ first, parts }) =>
    held.map(({ label, packed, known }) => ({
      label,
      loss: () =>
        batchLoss(model, packed, known, config, {
          ...{ temperature, firstUpdate: first, parts },
          checkpointActivations: needsCheckpoints(model.config, packed.batch * packed.length),
        }),
    }));
  return { tokens: all.reduce((sum, { ids }) => sum + ids.length, 0), microBatches };
};
