import { type Model, packSequences, type TrainResult } from '@coa/model';
import type { SftExample } from './examples.ts';
import { crossEntropyShare } from './loss-tensors.ts';
import { lossWeights, type ObservationLoss } from './losses.ts';
import { stepsByTokens, tokensHash } from './step-plan.ts';
import {
  type Progress,
  type StepLosses,
  type TrainConfig,
  type TrainServices,
  trainSteps,
} from './train-steps.ts';

/** Stage 2 (`maskObservations`) and stage 3 (without) of the paper's SFT. */
export type SftConfig = TrainConfig &
  ObservationLoss & {
    /** Whole trajectories fill a step up to this many tokens, prompts included. */
    readonly tokensPerStep: number;
  };

/** What the loss of a step was made of. */
export type SftParts = {
  readonly sequences: number;
  /** Tokens that entered the loss. */
  readonly lossTokens: number;
  /** Nats a token, over the tokens that the policy writes; null where there are none. */
  readonly policyLoss: number | null;
  /** Nats a token, over observation tokens, unweighted; null where none enters the loss. */
  readonly observationLoss: number | null;
};

export type SftReport = Progress & SftParts;

/** An example as the trainer holds it. */
type Taught = {
  readonly id: string;
  readonly ids: Int32Array;
  readonly wanted: Uint8Array;
  /** One entry for each wanted token, as in `observed`. */
  readonly weights: Float32Array;
  readonly observed: Uint8Array;
};

const taughtOf = ({ question, tokens }: SftExample, model: Model, config: SftConfig): Taught => {
  const { id } = question;
  const { ids, observationMask } = tokens;
  const { positions } = model.config;
  if (ids.length > positions)
    throw new RangeError(`example ${id} has ${ids.length} tokens; the model has ${positions}`);
  const all = lossWeights(tokens, config);
  // the first token is predicted by nothing
  const wanted = Uint8Array.from(all, (weight, i) => Number(i > 0 && weight > 0));
  if (!wanted.includes(1)) throw new RangeError(`example ${id} has no token that enters the loss`);
  const ofWanted = (_: number, i: number) => wanted[i] === 1;
  return {
    id,
    ids,
    wanted,
    weights: all.filter(ofWanted),
    observed: observationMask.filter(ofWanted),
  };
};

/** Sum and number of the negative log-likelihoods of one kind of token. */
type Tally = { loss: number; tokens: number };

const meanOf = ({ loss, tokens }: Tally): number | null => (tokens === 0 ? null : loss / tokens);

const openStep = (
  model: Model,
  taught: readonly Taught[],
  items: readonly number[],
  checkpointActivations: boolean,
): StepLosses<SftParts> => {
  const [policy, observation]: [Tally, Tally] = [
    { loss: 0, tokens: 0 },
    { loss: 0, tokens: 0 },
  ];
  const total = items.reduce((sum, i) => taught[i]!.weights.reduce((a, w) => a + w, sum), 0);
  const lossOf = (part: readonly number[]) => {
    const examples = part.map((i) => taught[i]!);
    const packed = packSequences(examples);
    const weights = Float32Array.from(examples.flatMap((example) => [...example.weights]));
    const observed = examples.flatMap((example) => [...example.observed]);
    const see = (logprobs: Float32Array): void => {
      for (const [i, isObservation] of observed.entries()) {
        const tally = isObservation === 1 ? observation : policy;
        tally.loss -= logprobs[i]!;
        tally.tokens += 1;
      }
    };
    return {
      label: examples.map(({ id }) => id).join(', '),
      loss: () => crossEntropyShare(model, packed, { weights, total, see, checkpointActivations }),
    };
  };
  const parts = (): SftParts => ({
    sequences: items.length,
    lossTokens: policy.tokens + observation.tokens,
    policyLoss: meanOf(policy),
    observationLoss: meanOf(observation),
  });
  return { lossOf, parts };
};

/**
 * Trains on whole trajectories by masked cross-entropy, the mean over the weights of each step's tokens: stages 2 and 3
 * of the paper ("SFT losses"). Two runs over the same examples in the same order give the same bytes.
 * @throws RangeError where an example does not fit the model or has no token to learn from
 */
export const trainSft = async (
  model: Model,
  examples: readonly SftExample[],
  config: SftConfig,
  services: TrainServices<SftReport>,
): Promise<TrainResult> => {
  const taught = examples.map((example) => taughtOf(example, model, config));
  const lengths = taught.map(({ ids }) => ids.length);
  const source = {
    steps: stepsByTokens(lengths, config),
    count: taught.length,
    tokensOf: (i: number) => lengths[i]!,
    open: (items: readonly number[]) =>
      openStep(model, taught, items, config.checkpointActivations),
    recipe: { kind: 'sft', config, data: examples.map(({ tokens }) => tokensHash(tokens)) },
  };
  return trainSteps(model, source, config, services);
};
