import {
  type AtlasQuestion,
  atlasQuestions,
  atlasSetNames,
  atlasTraining,
  openAtlas,
  plannerPolicy,
} from '@coa/atlas';
import {
  coaProtocol,
  deriveSeed,
  type Environment,
  type Policy,
  type Protocol,
  type ProtocolOptions,
  type Question,
  type Rollout,
  reactProtocol,
  seededRng,
  shuffled,
} from '@coa/core';
import { assertTrainable } from '@coa/datasets';
import { type RolloutOptions, rolloutBatch } from '@coa/rollout';
import {
  type ContrastivePair,
  collectExamples,
  contrastivePairs,
  endOfTurnIds,
  isRight,
  type SftExample,
  synthesize,
} from '@coa/sft';
import type { QuestionSource, Stage } from './recipe.ts';

/** What data are made with: the base model's policy, and where it acts. */
export type DataSetting = {
  readonly policy: Policy;
  readonly environment: Environment;
  readonly withoutTools: Environment;
  readonly limits: RolloutOptions;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
};

/** Trained models read no instructions: what to do is in the weights. */
export const noInstructions: ProtocolOptions = { examples: 0, system: '' };

/** The protocol of what is taught. */
export const trainedProtocol = (form: 'coa' | 'react'): Protocol =>
  form === 'coa' ? coaProtocol(noInstructions) : reactProtocol(noInstructions);

/** The token that ends a turn. */
export const endOfTurn = '<|im_end|>';
const concurrency = 256;

/** Non-zero entries, for the log. */
const told = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

const held: { questions?: readonly Question[] } = {};

/** Atlas's dev and test questions; made once in a process. */
const evaluationQuestions = (): readonly Question[] => {
  held.questions ??= atlasSetNames.flatMap((name) =>
    [...atlasQuestions(name, 'dev'), ...atlasQuestions(name, 'test')].map(
      ({ question }) => question,
    ),
  );
  return held.questions;
};

/** Training questions in an order of their own: whoever takes the first of them takes of every set. */
export const drawTraining = (
  { questions, knownShare }: QuestionSource,
  purpose: string,
  seed: number,
): AtlasQuestion[] => {
  const place = deriveSeed(seed, purpose);
  const drawn = atlasTraining(questions, { knownShare, seed: place });
  assertTrainable(
    drawn.map(({ question }) => question),
    evaluationQuestions(),
  );
  return shuffled(drawn, seededRng(place));
};

/** CoA by the teacher that reads the graphs; CoT by the policy itself, from memory, where it is right. */
export const makeExamples = async (
  stage: Stage & { readonly kind: 'sft' },
  setting: DataSetting,
): Promise<SftExample[]> => {
  const { policy, environment, withoutTools, limits, seed, signal, say } = setting;
  const asked = drawTraining(stage.source, 'sft', seed);
  const planner = plannerPolicy({
    world: openAtlas(),
    questions: asked,
    student: policy,
    form: stage.form,
  });
  const questions = asked.map(({ question }) => question);
  const common = {
    protocol: trainedProtocol(stage.form),
    options: limits,
    endOfTurn,
    attempts: 1,
    concurrency,
    seed,
    keep: isRight,
    maxTokens: limits.contextTokens,
    signal,
  };
  const taught = { ...common, teacher: planner, student: policy, environment, questions };
  const coa = await collectExamples(synthesize({ ...taught, kind: 'coa' }), stage.counts.coa);
  const remembered = {
    ...common,
    teacher: policy,
    student: policy,
    environment: withoutTools,
    protocol: trainedProtocol('coa'),
    questions: questions.filter(({ known }) => known),
    attempts: 4,
  };
  const cot = await collectExamples(synthesize({ ...remembered, kind: 'cot' }), stage.counts.cot);
  say(
    `${stage.name}: ${coa.counts.accepted} CoA examples (rejected: ${told(coa.counts.rejected)})`,
  );
  say(
    `${stage.name}: ${cot.counts.accepted} CoT examples (rejected: ${told(cot.counts.rejected)})`,
  );
  return [...coa.examples, ...cot.examples];
};

/** Rollouts of each question from memory and with the tool, by a careful teacher and by a hasty one. */
const contrasted = async (
  asked: readonly AtlasQuestion[],
  { policy, environment, withoutTools, limits, seed, signal }: DataSetting,
): Promise<Rollout[]> => {
  const world = openAtlas();
  const teacher = (hasty: boolean) =>
    plannerPolicy({ world, questions: asked, student: policy, form: 'coa', hasty });
  const common = { protocol: trainedProtocol('coa'), signal };
  const fromMemory = { ...common, environment: withoutTools, options: { ...limits, horizon: 0 } };
  const withTool = { ...common, environment, options: limits };
  const tasks = (way: string) =>
    asked.map(({ question }) => ({ question, seed: deriveSeed(seed, way, question.id) }));
  const memory = ['first', 'second'].map((way) =>
    rolloutBatch({ ...fromMemory, policy }, tasks(way)),
  );
  const tool = [false, true].map((hasty) =>
    rolloutBatch({ ...withTool, policy: teacher(hasty) }, tasks(`tool ${hasty}`)),
  );
  return (await Promise.all([...memory, ...tool])).flat();
};

/** Pairs that share a prefix and differ in whether the tool is used and in the outcome. */
export const makePairs = async (
  stage: Stage & { readonly kind: 'contrastive' },
  setting: DataSetting,
): Promise<ContrastivePair[]> => {
  const { policy, limits, seed, say } = setting;
  const asked = drawTraining(stage.source, 'contrastive', seed);
  const rollouts = await contrasted(asked, setting);
  const { pairs, counts, rejections } = contrastivePairs(rollouts, {
    isRight,
    endOfTurn: endOfTurnIds(policy, endOfTurn),
    maxTokens: limits.contextTokens,
    minShared: 0,
    perQuestion: 1,
    balance: true,
    most: stage.pairs,
    seed,
  });
  say(`${stage.name}: pairs: ${told(counts)}; rejected: ${told(rejections)}`);
  return pairs;
};
