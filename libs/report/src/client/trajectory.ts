import { element, isolated } from './dom.ts';
import { outcomeAt, siblings } from './find.ts';
import { outcomeBadge } from './list.ts';
import type { NoTokens, ReportIndex, TokensView, TrajectoryView } from './payload.ts';
import { trajectoryHash } from './place.ts';
import { stepItem } from './steps.ts';
import { type TokenChoice, tokenView } from './token-view.ts';
import {
  attemptFacts,
  errorParts,
  facts,
  metricTable,
  questionFacts,
  viewBadge,
} from './trajectory-facts.ts';

/** How the reader wants trajectories shown, kept while the page is open. */
export type TrajectoryChoice = TokenChoice & { as: 'tokens' | 'steps' };

/** Where a trajectory stands; `back` is the list's address. */
export type TrajectoryPlace = {
  readonly number: number;
  readonly previous: number | null;
  readonly next: number | null;
  readonly back: string;
};

type Rollout = TrajectoryView['ended'] & { kind: 'rollout' };

const stepList = ({ question }: TrajectoryView, ended: Rollout): HTMLElement[] => [
  ...(ended.steps.length === 0 ? [element('p', {}, 'The model wrote nothing.')] : []),
  element(
    'ol',
    { class: 'steps' },
    ...ended.steps.map((step) => stepItem(question, step, ended.stop !== 'answered')),
  ),
];

/** Steps or tokens, chosen by two buttons; tokens first. */
const switched = (
  view: TrajectoryView,
  ended: Rollout,
  tokens: TokensView,
  choice: TrajectoryChoice,
): HTMLElement[] => {
  const body = element('div', {});
  const buttons = (['steps', 'tokens'] as const).map((as) => {
    const label = as === 'steps' ? 'Steps' : 'Tokens';
    const button = element('button', { type: 'button', 'data-as': as }, label);
    button.addEventListener('click', () => show(as));
    return button;
  });
  const show = (as: TrajectoryChoice['as']): void => {
    choice.as = as;
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button.dataset.as === as));
    }
    const content =
      as === 'steps'
        ? stepList(view, ended)
        : [tokenView(tokens, view.question, ended.steps, choice)];
    body.replaceChildren(...content);
  };
  show(choice.as);
  return [
    element('div', { class: 'switch', role: 'group', 'aria-label': 'Show as' }, ...buttons),
    body,
  ];
};

const noTokensNote = ({ reason }: NoTokens): HTMLElement =>
  element('p', { class: 'note' }, 'Shown by steps, not by tokens. ', isolated(reason));

const content = (view: TrajectoryView, choice: TrajectoryChoice): HTMLElement[] => {
  const { ended } = view;
  if (ended.kind === 'error') return errorParts(ended);
  const title = element('h3', {}, 'Trajectory');
  const { tokens } = ended;
  return tokens.kind === 'none'
    ? [title, noTokensNote(tokens), ...stepList(view, ended)]
    : [title, ...switched(view, ended, tokens, choice)];
};

const neighbours = ({ previous, next, back }: TrajectoryPlace): HTMLElement =>
  element(
    'nav',
    { class: 'pager', 'aria-label': 'Trajectories' },
    element('a', { href: back }, 'All trajectories'),
    previous !== null &&
      element('a', { href: trajectoryHash(previous), rel: 'prev' }, '← Previous'),
    next !== null && element('a', { href: trajectoryHash(next), rel: 'next' }, 'Next →'),
  );

/** Enough for a dozen agents with five repeats each. */
const mostSiblings = 60;

const siblingItem = (index: ReportIndex, number: number, other: number): HTMLElement => {
  const { arms, entries } = index;
  const repeat = `repeat ${entries.repeat[other]! + 1}`;
  return element(
    'li',
    {},
    element(
      'a',
      { href: trajectoryHash(other) },
      isolated(arms[entries.arm[other]!] ?? ''),
      `, ${repeat}`,
    ),
    outcomeBadge(outcomeAt(index, other)),
    element('a', { href: trajectoryHash(number, other) }, 'side by side'),
  );
};

/** What others made of the same question. */
const otherAttempts = (index: ReportIndex, number: number): HTMLElement[] => {
  const others = siblings(index, number);
  if (others.length === 0) return [];
  const left = others.length - mostSiblings;
  return [
    element('h3', { id: 'siblings-title' }, 'The same question'),
    element(
      'ul',
      { class: 'siblings', 'aria-labelledby': 'siblings-title' },
      ...others.slice(0, mostSiblings).map((other) => siblingItem(index, number, other)),
    ),
    ...(left > 0 ? [element('p', { class: 'note' }, `and ${left} more`)] : []),
  ];
};

/** Everything about one trajectory. */
export const trajectoryPage = (
  view: TrajectoryView,
  index: ReportIndex,
  place: TrajectoryPlace,
  choice: TrajectoryChoice,
): HTMLElement[] => {
  const { question, arm } = view;
  return [
    neighbours(place),
    element(
      'h2',
      { id: 'trajectory-title', tabindex: '-1' },
      isolated(question.text || '(empty question)'),
    ),
    element(
      'p',
      { class: 'meta' },
      viewBadge(view),
      isolated(question.dataset),
      isolated(arm),
      isolated(question.id),
    ),
    facts(
      ...attemptFacts(view).slice(0, 1),
      ...questionFacts(view),
      ...attemptFacts(view).slice(1),
    ),
    ...content(view, choice),
    ...otherAttempts(index, place.number),
    metricTable([view]),
  ];
};

/** Shown where there is no such trajectory, or none could be read. */
export const missingPage = (number: number, back: string, why = ''): HTMLElement[] => [
  element('h2', { id: 'trajectory-title', tabindex: '-1' }, `There is no trajectory ${number}`),
  ...(why === '' ? [] : [element('p', {}, isolated(why))]),
  element('p', {}, element('a', { href: back }, 'All trajectories')),
];
