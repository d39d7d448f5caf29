import {
  type Context,
  type GenerateRequest,
  type Generation,
  type Policy,
  seededRng,
} from '@coa/core';
import { type PlannedTurn, pickLead, plannedTurn, recalledThought } from './planner.ts';
import { type AtlasQuestion, answerOf } from './questions.ts';
import type { World } from './world.ts';

export type PlannerOptions = {
  readonly world: World;
  readonly questions: readonly AtlasQuestion[];
  /** Whose tokens it writes. */
  readonly student: Policy;
  /** search: by tool, in the form of the protocol; recall: from the graph, as if from memory. */
  readonly form: 'coa' | 'react' | 'recall';
  /** It searches for the last fact without a name and believes what it is shown: how a tool misleads. Default: false. */
  readonly hasty?: boolean;
};

const boxed = (thought: string, answer: string): string =>
  `${thought}\n</think>\n\n\\boxed{ ${answer} }`;

const inForm = (turn: PlannedTurn, form: 'coa' | 'react'): string => {
  const { thought } = turn;
  if (turn.kind === 'search') {
    const { query } = turn;
    const [coa, react] = [
      `${thought} <begin_search> ${query} </end_search>`,
      ` ${thought}\nAction: Search[ ${query} ]\n`,
    ];
    return form === 'coa' ? coa : react;
  }
  const answer = turn.kind === 'answer' ? turn.answer : 'unknown';
  return form === 'coa' ? boxed(thought, answer) : ` ${thought}\nAction: Finish[ ${answer} ]\n`;
};

const textFor = (
  { world, form, hasty = false }: PlannerOptions,
  { plan }: AtlasQuestion,
  context: Context,
  seed: number,
): string => {
  if (form === 'recall') {
    const thought = recalledThought(plan, world, pickLead(seededRng(seed)));
    return boxed(thought, answerOf(plan));
  }
  const observations = context.segments
    .filter(({ source }) => source === 'observation')
    .map(({ text }) => text);
  return inForm(plannedTurn(plan, observations, world, { seed, hasty }), form);
};

/** The question of a prompt, by its text: protocols write it last. */
const questionOf = (
  byText: ReadonlyMap<string, AtlasQuestion>,
  { prompt }: Context,
): AtlasQuestion => {
  const text = prompt.user.replace(/^Question: /, '');
  const found = byText.get(text);
  if (!found) throw new Error(`the planner has no graph for the question ${JSON.stringify(text)}`);
  return found;
};

/** A teacher that reads each question's reasoning graph and writes in the student's tokens. It never hesitates: its log-probs are 0. */
export const plannerPolicy = (options: PlannerOptions): Policy => {
  const { student, questions, form, world } = options;
  const byText = new Map(questions.map((one) => [one.question.text, one]));
  const generation = ({ context, options: sampling }: GenerateRequest): Generation => {
    const text = textFor(options, questionOf(byText, context), context, sampling.seed);
    const ids = student.encode(text, 'markup');
    const tokens = ids?.length ?? student.countTokens(text);
    return {
      text,
      ids,
      logprobs: ids && new Float32Array(ids.length),
      finish: 'stop',
      usage: { promptTokens: 0, completionTokens: tokens },
    };
  };
  return {
    ...student,
    name: `planner (${form})`,
    fingerprint: `planner 1:${form}:${options.hasty ?? false}:${world.seed}`,
    promptIds: (prompt) => student.promptIds(prompt),
    encode: (text, kind) => student.encode(text, kind),
    decode: (ids) => student.decode(ids),
    countTokens: (text) => student.countTokens(text),
    generate: async (requests, signal) => {
      signal?.throwIfAborted();
      return requests.map(generation);
    },
    close: async () => undefined,
  };
};
