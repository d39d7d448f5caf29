import { createHash } from 'node:crypto';
import { type AtlasQuestion, openAtlas, plannerPolicy } from '@coa/atlas';
import { deriveSeed, type Policy, type Question, type Rollout, type Step } from '@coa/core';
import { rolloutBatch } from '@coa/rollout';
import { endOfTurnIds, type SftExample, type SftReport, trainSft, withEndOfTurn } from '@coa/sft';
import { mentions, namedGolds, simulatorExample } from '@coa/world-model';
import { endOfTurn, trainedProtocol } from './examples.ts';
import type { Recipe, Stage } from './recipe.ts';
import type { OpenFolder, StagePlace, TrainingServices } from './train-recipe.ts';
import type { StageParts, StageReport } from './train-stage.ts';

type GrpoStage = Stage & { readonly kind: 'grpo' };

/** Raised whenever a simulator of its own may come out otherwise; part of the keys of the stages that have one, and of no others. */
export const simulatorVersion = 2;

const idsOf = (ids: Int32Array | null): Int32Array => {
  if (ids === null) throw new Error('the simulator exposes no token ids; use a model of our own');
  return ids;
};

/** Whether an observation names something that the question needs; a yes or no is said by no passage. */
export const isUseful = (question: Question, text: string): boolean => {
  const { evidence = [] } = question;
  return [...namedGolds(question), ...evidence.map(({ object }) => object)].some((one) =>
    mentions(text, one),
  );
};

/** Each search of a rollout as the simulator would be asked for it, and what the real environment answered. */
export const simulatorExamples = (
  rollout: Rollout,
  policy: Policy,
  seesGold: boolean,
): SftExample[] => {
  const { trajectory } = rollout;
  const { question, steps } = trajectory;
  const end = endOfTurnIds(policy, endOfTurn);
  return steps.flatMap((step: Step, i) => {
    const before = steps[i - 1];
    if (step.kind !== 'observation' || before?.kind !== 'action' || step.failure) return [];
    const gold = seesGold ? (question.golds[0] ?? null) : null;
    const request = { query: before.input, gold, useful: isUseful(question, step.text) };
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

/** Where the simulator's steps are stored: beside those of the stage that it serves, which alone decides its key. */
const placeOf = ({ key, stage, seed }: StagePlace): StagePlace => ({
  key: createHash('sha256').update(`simulator of ${key}`).digest('hex').slice(0, 16),
  stage: `${stage}: simulator`,
  seed,
});

const reportOf = ({ step, steps, tokensPerSecond, ...numbers }: SftReport): StageReport => ({
  step,
  steps,
  numbers,
  timing: { tokensPerSecond },
  rollouts: [],
});

/** What the teacher's queries were answered with in the real environment. */
const taughtBy = async (
  asked: readonly AtlasQuestion[],
  recipe: Recipe,
  { parts, policy }: { readonly parts: StageParts; readonly policy: Policy },
): Promise<Rollout[]> => {
  const { environment, place } = parts;
  const world = openAtlas();
  const teacher = plannerPolicy({ world, questions: asked, student: policy, form: 'coa' });
  return await rolloutBatch(
    { policy: teacher, environment, protocol: trainedProtocol('coa'), options: recipe.limits },
    asked.map(({ question }) => ({
      question,
      seed: deriveSeed(place.seed, 'simulator', question.id),
    })),
  );
};

const trainingOf = ({ config }: GrpoStage, seed: number) =>
  ({
    epochs: 1,
    tokensPerStep: 12_000,
    microBatchTokens: config.microBatchTokens,
    checkpointActivations: false,
    optimizer: config.optimizer,
    schedule: { kind: 'cosine', peak: 1e-3, floor: 0.05, warmupShare: 0.05 },
    maskObservations: true,
    observationWeight: 1,
    seed,
  }) as const;

/**
 * Fine-tunes a copy of the base model to write what the search tool answered to the teacher's queries.
 * @throws the signal's reason where it was stopped: one that is half trained simulates nothing
 */
export const trainSimulator = async (
  stage: GrpoStage,
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
  { now, stopping, onProgress, onStage, onStep }: TrainingServices,
): Promise<void> => {
  const { simulator } = stage;
  if (simulator.kind !== 'separate') return;
  const { policy, model } = simulating;
  const { seed } = parts.place;
  const questions = asked.slice(0, simulator.questions);
  const rollouts = await taughtBy(questions, recipe, { parts, policy });
  const examples = rollouts.flatMap((one) => simulatorExamples(one, policy, simulator.seesGold));
  const place = placeOf(parts.place);
  onStage(place, { ...recipe, stages: recipe.stages.slice(0, recipe.stages.indexOf(stage) + 1) });
  await trainSft(model, examples, trainingOf(stage, seed), {
    checkpoint: null,
    now,
    signal: stopping,
    onStep: (report) => {
      onProgress('simulator', report.step, report.steps);
      onStep(place, reportOf(report));
    },
  });
  stopping.throwIfAborted();
  policy.refresh();
};
