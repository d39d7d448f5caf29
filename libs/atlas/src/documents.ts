import { type Passage, type Rng, shuffled, type Written } from '@coa/core';
import { surroundings } from './build-world.ts';
import { pickLead, plannedTurn, recalledThought, statedFact } from './planner.ts';
import { type AtlasQuestion, answerOf } from './questions.ts';
import { pickOne, type World } from './world.ts';
import { writePassages } from './write-passages.ts';

/** A text to pretrain on; markup holds control tokens and protocol tags. */
export type PretrainingDocument = { readonly kind: string; readonly written: readonly Written[] };

const markup = (text: string): Written => ({ kind: 'markup', text });
const content = (text: string): Written => ({ kind: 'content', text });

/** One exchange in ChatML, as prompts are rendered. */
const chat = (system: string, user: string, assistant: readonly Written[]): Written[] => [
  ...(system === '' ? [] : [markup(`<|im_start|>system\n${system}<|im_end|>\n`)]),
  markup('<|im_start|>user\n'),
  content(user),
  markup('<|im_end|>\n<|im_start|>assistant\n'),
  ...assistant,
  markup('<|im_end|>\n'),
];

/** As the search tool shows passages. */
const results = (passages: readonly Passage[]): string =>
  passages.map(({ title, text }, i) => `result ${i + 1}: "${title}"\n${text}`).join('\n');

const thinking = (thought: string, answer: string): Written[] => [
  markup(`<think>\n${thought}\n</think>\n\n\\boxed{ ${answer} }`),
];

/** A passage by itself. */
export const passageDocument = ({ title, text }: Passage): PretrainingDocument => ({
  kind: 'passage',
  written: [markup('<|endoftext|>'), content(` ${title}\n${text}`)],
});

/** Passages of known entities in a fresh wording. */
export const knownDocuments = (world: World) => {
  const around = surroundings(world.entities, world.bearers, world.spec);
  const known = world.entities.filter(({ realm }) => world.realms[realm]!.known);
  return (rng: Rng): PretrainingDocument => {
    const { passages } = writePassages(pickOne(known, rng), around, rng);
    return { ...passageDocument(pickOne(passages, rng)), kind: 'known passage' };
  };
};

/** What is known of an entity as single statements, in the words in which one reasons. */
export const factsDocuments = (world: World) => {
  const known = world.entities.filter(({ realm }) => world.realms[realm]!.known);
  return (rng: Rng): PretrainingDocument => {
    const { facts } = pickOne(known, rng);
    const said = shuffled(facts, rng).map((fact) => statedFact(fact, world));
    return {
      kind: 'known facts',
      written: [markup('<|endoftext|>'), content(` ${said.join(' ')}`)],
    };
  };
};

/** Reads the passages given with the question, which stands before them in a share of the documents; others of the same world stand between them. */
export const readingDocument = (
  { question, plan }: AtlasQuestion,
  world: World,
  {
    distractors,
    questionFirst,
    rng,
  }: {
    readonly distractors: readonly Passage[];
    readonly questionFirst: number;
    readonly rng: Rng;
  },
): PretrainingDocument => {
  const ids = new Set(question.supporting.map(({ passageId }) => passageId));
  const gold = world.passages.filter(({ id }) => ids.has(id));
  const shown = shuffled([...gold, ...distractors.filter(({ id }) => !ids.has(id))], rng);
  const asked = `Question: ${question.text}`;
  const parts = [results(shown), asked];
  const user = (questionFirst > 0 && rng() < questionFirst ? parts.toReversed() : parts).join('\n');
  const thought = recalledThought(plan, world, '');
  return { kind: 'reading', written: chat('', user, thinking(thought, answerOf(plan))) };
};

/** Reasons from memory. */
export const recallDocument = (
  { question, plan }: AtlasQuestion,
  world: World,
  rng: Rng,
): PretrainingDocument => ({
  kind: 'recall',
  written: chat(
    '',
    `Question: ${question.text}`,
    thinking(recalledThought(plan, world, pickLead(rng)), answerOf(plan)),
  ),
});

/** The answer alone. */
export const closedBookDocument = ({ question, plan }: AtlasQuestion): PretrainingDocument => ({
  kind: 'closed book',
  written: chat('', `Question: ${question.text}`, [markup(`Answer: ${answerOf(plan)}`)]),
});

/** Instructions under which ReAct documents stand. */
export const reactInstructions: readonly string[] = [
  'Answer in steps of Thought, Action and Observation.',
  'Use Search and Finish.',
  '',
];

/** What a search would show; the caller knows how to search. */
export type Search = (query: string) => readonly Passage[];

/** A whole ReAct episode with real searches; null where the planner did not find its way. */
export const reactDocument = (
  { question, plan }: AtlasQuestion,
  world: World,
  { search, rng }: { readonly search: Search; readonly rng: Rng },
): PretrainingDocument | null => {
  const observations: string[] = [];
  const written: Written[] = [markup('Thought:')];
  for (;;) {
    const turn = plannedTurn(plan, observations, world, {
      seed: Math.floor(rng() * 2 ** 32),
    });
    if (turn.kind === 'lost') return null;
    if (turn.kind === 'answer') {
      written.push(markup(` ${turn.thought}\nAction: Finish[ ${turn.answer} ]\n`));
      const system = pickOne(reactInstructions, rng);
      return { kind: 'react', written: chat(system, `Question: ${question.text}`, written) };
    }
    written.push(markup(` ${turn.thought}\nAction: Search[ ${turn.query} ]\n`));
    const text = results(search(turn.query));
    observations.push(text);
    written.push(markup('Observation:'), content(` ${text}`), markup('\nThought:'));
  }
};
