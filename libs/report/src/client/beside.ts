import type { Question, Step } from '@coa/core';
import { element, isolated } from './dom.ts';
import type { TrajectoryView } from './payload.ts';
import { trajectoryHash } from './place.ts';
import { stepItem } from './steps.ts';
import {
  attemptFacts,
  errorParts,
  facts,
  metricTable,
  questionFacts,
  viewBadge,
} from './trajectory-facts.ts';

/** Steps up to an observation, or after the last. */
export type Turn = readonly Step[];

const turnsOf = (steps: readonly Step[]): Turn[] => {
  const turns: Step[][] = [[]];
  for (const step of steps) {
    turns.at(-1)!.push(step);
    if (step.kind === 'observation') turns.push([]);
  }
  return turns;
};

export type TurnPair = { readonly left: Turn; readonly right: Turn; readonly last: boolean };

/** Turns by their number, and the last ones, in which the answers stand, beside each other. */
export const pairedTurns = (left: readonly Step[], right: readonly Step[]): TurnPair[] => {
  const sides = [turnsOf(left), turnsOf(right)] as const;
  const [ends, calls] = [sides.map((turns) => turns.at(-1)!), sides.map((t) => t.slice(0, -1))];
  const length = Math.max(calls[0]!.length, calls[1]!.length);
  const pairs = Array.from({ length }, (_, i) => ({
    left: calls[0]![i] ?? [],
    right: calls[1]![i] ?? [],
    last: false,
  }));
  return [...pairs, { left: ends[0]!, right: ends[1]!, last: true }];
};

const said = (turn: Turn): string => {
  const step = turn.find(({ kind }) => kind === 'action' || kind === 'answer');
  if (step?.kind === 'action') return `${step.tool}: ${step.input}`;
  return step?.kind === 'answer' ? step.text : '';
};

/** Whether both sides did the same in a turn, in words. */
export const pairNote = ({ left, right, last }: TurnPair): string => {
  if (left.length === 0 && right.length === 0) return 'nothing on either side';
  if (left.length === 0 || right.length === 0) return 'one side only';
  const what = last ? 'answer' : 'action';
  return said(left) === said(right) ? `the same ${what}` : `another ${what}`;
};

const cell = (view: TrajectoryView, question: Question, turn: Turn): HTMLElement => {
  const forced = view.ended.kind === 'rollout' && view.ended.stop !== 'answered';
  return element(
    'div',
    { class: 'cell' },
    element('p', { class: 'cell-name' }, isolated(view.arm)),
    turn.length === 0
      ? element('p', { class: 'nothing' }, 'nothing here')
      : element('ol', { class: 'steps' }, ...turn.map((step) => stepItem(question, step, forced))),
  );
};

const stepsOf = ({ ended }: TrajectoryView): readonly Step[] =>
  ended.kind === 'rollout' ? ended.steps : [];

const rows = (left: TrajectoryView, right: TrajectoryView): HTMLElement[] =>
  pairedTurns(stepsOf(left), stepsOf(right)).map((pair, i) =>
    element(
      'section',
      { class: 'turns' },
      element(
        'h3',
        {},
        pair.last ? 'The end' : `Turn ${i + 1}`,
        element('span', { class: 'part-note' }, ` ${pairNote(pair)}`),
      ),
      element(
        'div',
        { class: 'cells' },
        cell(left, left.question, pair.left),
        cell(right, right.question, pair.right),
      ),
    ),
  );

const side = (view: TrajectoryView, number: number): HTMLElement =>
  element(
    'div',
    { class: 'cell' },
    element(
      'p',
      { class: 'meta' },
      element('a', { href: trajectoryHash(number) }, isolated(view.arm)),
      viewBadge(view),
    ),
    facts(...attemptFacts(view)),
    ...(view.ended.kind === 'error' ? errorParts(view.ended) : []),
  );

/** Two trajectories beside each other, turn by turn. */
export const besidePage = (
  [left, right]: readonly [TrajectoryView, TrajectoryView],
  [first, second]: readonly [number, number],
  back: string,
): HTMLElement[] => {
  const same = left.question.id === right.question.id && left.question.text === right.question.text;
  return [
    element(
      'nav',
      { class: 'pager', 'aria-label': 'Trajectories' },
      element('a', { href: back }, 'All trajectories'),
      element('a', { href: trajectoryHash(second, first) }, 'Change sides'),
    ),
    element(
      'h2',
      { id: 'trajectory-title', tabindex: '-1' },
      isolated(left.question.text || '(empty question)'),
    ),
    ...(same
      ? []
      : [
          element(
            'p',
            { class: 'remark' },
            'The other side was asked: ',
            isolated(right.question.text),
          ),
        ]),
    facts(...questionFacts(left)),
    element(
      'div',
      { class: 'beside' },
      element('div', { class: 'cells' }, side(left, first), side(right, second)),
      ...rows(left, right),
    ),
    metricTable([left, right]),
  ];
};
