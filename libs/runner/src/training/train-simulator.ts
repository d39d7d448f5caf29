import { type AtlasQuestion, openAtlas, plannerPolicy } from '@coa/atlas';
import { deriveSeed, type Policy, type Rollout, type Step } from '@coa/core';
import { rolloutBatch } from '@coa/rollout';
import { endOfTurnIds, type SftExample, trainSft, withEndOfTurn } from '@coa/sft';
import { mentions, simulatorExample } from '@coa/world-model';
import { endOfTurn, trainedProtocol } from './examples.ts';
import type { Recipe, Stage } from './recipe.ts';
import type { OpenFolder, TrainingServices } from './train-recipe.ts';
import type { StageParts } from './train-stage.ts';

type GrpoStage = Stage & { readonly kind: 'grpo' };

const idsOf = (ids: Int32Array | null): Int32Array => {
  if (ids === null) throw new Error('the simulator exposes no token ids; use a model of our own');
  return ids;
};

/** Whether an observation says something that the question needs. */
const isUseful = ({ trajectory }: Rollout, text: string): boolean => {
  const { golds, evidence = [] } = trajectory.question;
  return [...golds, ...evidence.map(({ object }) => object)].some((one) => mentions(text, one));
};

/** Each search of a rollout as the simulator would be asked for it, and what the real environment answered. */
const examplesOf = (rollout: Rollout, policy: Policy, seesGold: boolean): SftExample[] => {
  const { trajectory } = rollout;
  const { question, steps } = trajectory;
  const end = endOfTurnIds(policy, endOfTurn);
  return steps.flatMap((step: Step, i) => {
    const before = steps[i - 1];
    if (step.kind !== 'observation' || before?.kind !== 'action' || step.failure) return [];
    const gold = seesGold ? (question.golds[0] ?? null) : null;
    const request = { query: before.input, gold, useful: isUseful(rollout, step.text) };
    const { prompt, completion } = simulatorExample(request, step.text);
    const [given, written] = [idsOf(policy.promptIds(prompt)), idsOf(policy.encode(completion))];
    const ids = Int32Array.from([...given, ...written]);
    const promptMask = ids.map((_, at) => Number(at < given.length));
    const tokens = {
      ids,
      promptMask: Uint8Array.from(promptMask),
      observationMask: new Uint8Array(ids.length),
      logprobs: new Float32Array(ids.length).fill(Number.NaN),
    };
    return [{ kind: 'coa', question, tokens: withEndOfTurn(tokens, end), trajectory }];
  });
};

/** Fine-tunes a copy of the base model to write what the search tool answered to the teacher's queries. */
export const trainSimulator = async (
  { simulator, config }: GrpoStage,
  recipe: Recipe,
  {
    parts,
    asked,
    simulating,
  }: {
    readonly parts: StageParts;
    readonly asked: readonly AtlasQuestion[];
    /** The model to be trained: the base, opened anew. */
    readonly simulating: OpenFolder;
  },
  { now, stopping, onProgress }: TrainingServices,
): Promise<void> => {
  if (simulator.kind !== 'separate') return;
  const { policy, model } = simulating;
  const { environment, place } = parts;
  const questions = asked.slice(0, simulator.questions);
  const teacher = plannerPolicy({ world: openAtlas(), questions, student: policy, form: 'coa' });
  const rollouts = await rolloutBatch(
    { policy: teacher, environment, protocol: trainedProtocol('coa'), options: recipe.limits },
    questions.map(({ question }) => ({
      question,
      seed: deriveSeed(place.seed, 'simulator', question.id),
    })),
  );
  const examples = rollouts.flatMap((one) => examplesOf(one, policy, simulator.seesGold));
  const training = {
    epochs: 1,
    tokensPerStep: 12_000,
    microBatchTokens: config.microBatchTokens,
    checkpointActivations: false,
    optimizer: config.optimizer,
    schedule: { kind: 'cosine', peak: 1e-3, floor: 0.05, warmupShare: 0.05 },
    maskObservations: true,
    observationWeight: 1,
    seed: place.seed,
  } as const;
  await trainSft(model, examples, training, {
    checkpoint: null,
    now,
    signal: stopping,
    onStep: ({ step, steps }) => onProgress('simulator', step, steps),
  });
  policy.refresh();
};
