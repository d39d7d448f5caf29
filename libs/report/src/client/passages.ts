import type { Observation, Question } from '@coa/core';
import { element, isolated } from './dom.ts';
import { type Range, withGolds } from './gold.ts';

/** A passage as the tool printed it, at its place in the text; `id` where the observation names one for each. */
export type ShownPassage = Range & {
  readonly id: string | null;
  readonly heading: string;
  readonly text: string;
};

const headed = /^result (\d+): "(.*)"[ \t]*$/gm;

/** The passages of a search result, or null where the text is not one. */
export const passagesOf = (
  text: string,
  passageIds: readonly string[],
): readonly ShownPassage[] | null => {
  const heads = [...text.matchAll(headed)];
  if (heads.length === 0 || text.slice(0, heads[0]!.index).trim() !== '') return null;
  return heads.map((head, i) => {
    const to = heads[i + 1]?.index ?? text.length;
    return {
      from: head.index,
      to,
      id: heads.length === passageIds.length ? passageIds[i]! : null,
      heading: head[2]!,
      text: text.slice(head.index + head[0].length, to).trim(),
    };
  });
};

/** Whether the question's publishers name this passage. */
export const isGold = (question: Question, id: string): boolean =>
  question.supporting.some(({ passageId }) => passageId === id);

/** The sign and the words of a gold passage. */
export const goldMark = (): HTMLElement =>
  element(
    'span',
    { class: 'gold' },
    element('span', { 'aria-hidden': 'true' }, '★'),
    ' gold passage',
  );

const passage = (question: Question, { id, heading, text }: ShownPassage): HTMLElement => {
  const gold = id !== null && isGold(question, id);
  return element(
    'div',
    { class: gold ? 'passage is-gold' : 'passage' },
    element('p', { class: 'passage-title' }, isolated(heading), gold && goldMark()),
    element('p', { class: 'text' }, ...withGolds(text, question)),
  );
};

const goldNote = (question: Question, ids: readonly string[]): HTMLElement | null => {
  const gold = ids.filter((id) => isGold(question, id));
  if (gold.length === 0) return null;
  return element('p', { class: 'gold-note' }, goldMark(), ' ', isolated(gold.join(', ')));
};

/** What an observation shows: its passages one by one where they can be told apart, else its text. */
export const observationBody = (question: Question, observation: Observation): HTMLElement[] => {
  const shown = passagesOf(observation.text, observation.passageIds);
  if (shown) {
    const marked = shown.some(({ id }) => id !== null);
    const note = marked ? null : goldNote(question, observation.passageIds);
    return [...shown.map((one) => passage(question, one)), ...(note ? [note] : [])];
  }
  const note = goldNote(question, observation.passageIds);
  return [
    element('p', { class: 'text' }, ...withGolds(observation.text, question)),
    ...(note ? [note] : []),
  ];
};
