import { type AtlasQuestion, atlasQuestions, atlasSetNames, atlasTraining } from '@coa/atlas';
import {
  deriveSeed,
  type Environment,
  type Policy,
  type Protocol,
  type ProtocolOptions,
  type Question,
  seededRng,
  shuffled,
} from '@coa/core';
import { assertTrainable } from '@coa/datasets';
import type { RolloutOptions } from '@coa/rollout';
import {
  collectExamples,
  type ExampleKind,
  isRight,
  type SftExample,
  type Synthesized,
  synthesize,
} from '@coa/sft';
import type { QuestionSource, Stage } from './recipe.ts';
import { type OpenTeacher, protocolIn, teachingOf } from './teachers.ts';

/** What data are made with: the base model's policy, and where it acts. */
export type DataSetting = {
  readonly policy: Policy;
  /** Who acts in examples; null = the planner that reads the reasoning graphs. */
  readonly teacher: OpenTeacher | null;
  readonly environment: Environment;
  readonly withoutTools: Environment;
  readonly limits: RolloutOptions;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onProgress: (label: string, done: number, total: number) => void;
};

/** Trained models read no instructions: what to do is in the weights. */
export const noInstructions: ProtocolOptions = { examples: 0, system: '' };

/** The protocol of what is taught. */
export const trainedProtocol = (form: 'coa' | 'react'): Protocol =>
  protocolIn(form, noInstructions);

/** The token that ends a turn. */
export const endOfTurn = '<|im_end|>';
const concurrency = 256;

/** Non-zero entries, for the log. */
export const told = (counts: Readonly<Record<string, number>>): string =>
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

/** The outcomes as they are, with the accepted ones counted on the way. */
async function* counted(
  outcomes: AsyncIterable<Synthesized>,
  onAccepted: (count: number) => void,
): AsyncGenerator<Synthesized> {
  let count = 0;
  for await (const outcome of outcomes) {
    if (outcome.kind === 'example') onAccepted(++count);
    yield outcome;
  }
}

/** Counts by name, as a stage's first step is stored with: `data.coa.accepted`, `data.coa.rejected.wrong-answer`, … */
export type DataNumbers = Readonly<Record<string, number>>;

/** Counts under a common name. */
export const named = (name: string, counts: Readonly<Record<string, number>>): DataNumbers =>
  Object.fromEntries(Object.entries(counts).map(([each, count]) => [`${name}.${each}`, count]));

/** As many examples of a kind as the stage wants; says how many there are and why others were rejected. */
const gathered = async (
  { name, counts: wanted }: Stage & { readonly kind: 'sft' },
  kind: ExampleKind,
  outcomes: AsyncIterable<Synthesized>,
  { say, onProgress }: DataSetting,
) => {
  const label = kind === 'coa' ? 'CoA' : 'CoT';
  const { examples, counts } = await collectExamples(
    counted(outcomes, (count) => onProgress(`${name}: ${label} examples`, count, wanted[kind])),
    wanted[kind],
  );
  const { accepted, rejected } = counts;
  say(`${name}: ${accepted} ${label} examples (rejected: ${told(rejected)})`);
  const numbers = {
    ...named(`data.${kind}`, { accepted }),
    ...named(`data.${kind}.rejected`, rejected),
  };
  return { examples, numbers };
};

/** A stage's examples, and how they came about. */
export type MadeExamples = { readonly examples: SftExample[]; readonly numbers: DataNumbers };

/**
 * CoA by the teacher; CoT by the policy itself, from memory, where it is right. They take the questions from either end, so
 * that a source that is large enough asks none both ways.
 */
export const makeExamples = async (
  stage: Stage & { readonly kind: 'sft' },
  setting: DataSetting,
): Promise<MadeExamples> => {
  const { policy, environment, withoutTools, limits, seed, signal } = setting;
  const asked = drawTraining(stage.source, 'sft', seed);
  const teaching = teachingOf(setting.teacher, asked, { form: stage.form, student: policy });
  const questions = asked.map(({ question }) => question);
  const common = {
    protocol: trainedProtocol(stage.form),
    options: limits,
    endOfTurn,
    concurrency,
    seed,
    keep: isRight,
    maxTokens: limits.contextTokens,
    signal,
  };
  const taught = { ...common, ...teaching, student: policy, environment, questions };
  const coa = await gathered(stage, 'coa', synthesize({ ...taught, kind: 'coa' }), setting);
  const remembered = {
    ...common,
    teacher: policy,
    student: policy,
    environment: withoutTools,
    protocol: trainedProtocol('coa'),
    questions: questions.filter(({ known }) => known).toReversed(),
    attempts: 4,
  };
  const cot = await gathered(stage, 'cot', synthesize({ ...remembered, kind: 'cot' }), setting);
  const examples = [...coa.examples, ...cot.examples];
  return { examples, numbers: { ...coa.numbers, ...cot.numbers } };
};
