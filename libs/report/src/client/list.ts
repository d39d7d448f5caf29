import { element, isolated, percent } from './dom.ts';
import { matching, type Outcome, outcomeAt, outcomeCounts, outcomes } from './find.ts';
import { endings, type ReportIndex } from './payload.ts';
import { type ListPlace, listHash, trajectoryHash } from './place.ts';

const pageSize = 50;

/** The page, from 1, on which the line at this place stands. */
export const pageOf = (at: number): number => Math.floor(at / pageSize) + 1;

const icons: Readonly<Record<Outcome, string>> = {
  right: '✓',
  wrong: '✗',
  error: '!',
  'not scored': '–',
};

/** Outcome as a sign and a word. */
export const outcomeBadge = (outcome: Outcome): HTMLElement =>
  element(
    'span',
    { class: 'badge', 'data-outcome': outcome },
    element('span', { 'aria-hidden': 'true' }, icons[outcome]),
    ` ${outcome}`,
  );

const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

const details = ({ entries }: ReportIndex, number: number, repeated: boolean): string => {
  const ending = endings[entries.ending[number]!]!;
  const failed = ending === 'error';
  return [
    ...(failed
      ? []
      : [
          `F1 ${percent(entries.tokenF1[number])}`,
          counted(entries.actions[number]!, 'action', 'actions'),
        ]),
    ...(ending === 'answered' || failed ? [] : [`stopped: ${ending}`]),
    ...(repeated ? [`repeat ${entries.repeat[number]! + 1}`] : []),
  ].join(' · ');
};

const saidLine = ({ said, entries }: ReportIndex, number: number): HTMLElement | null => {
  const what = entries.said[number];
  if (typeof what !== 'number') return null;
  const failed = endings[entries.ending[number]!] === 'error';
  const text = said[what] || '(empty)';
  return element('p', { class: failed ? 'said failed' : 'said' }, isolated(text));
};

const item = (index: ReportIndex, number: number, repeated: boolean): HTMLElement => {
  const { sets, arms, questions, entries } = index;
  const question = entries.question[number]!;
  return element(
    'li',
    {},
    element(
      'a',
      { href: trajectoryHash(number), id: `t-${number}` },
      isolated(questions.text[question] || '(empty question)'),
    ),
    saidLine(index, number),
    element(
      'p',
      { class: 'meta' },
      outcomeBadge(outcomeAt(index, number)),
      isolated(sets[questions.set[question]!] ?? ''),
      isolated(arms[entries.arm[number]!] ?? ''),
      details(index, number, repeated),
    ),
  );
};

const pageLink = (place: ListPlace, page: number, label: string, current: boolean): HTMLElement =>
  element('a', { href: listHash({ ...place, page }), 'aria-current': current && 'page' }, label);

/** First, last and the pages around this one. */
const pagesShown = (page: number, last: number): number[] =>
  [...new Set([1, page - 1, page, page + 1, last])].filter((p) => p >= 1 && p <= last);

const pagerLinks = (place: ListPlace, page: number, last: number): HTMLElement[] => {
  if (last <= 1) return [];
  const links = pagesShown(page, last).map((p) => pageLink(place, p, String(p), p === page));
  if (page > 1) links.unshift(pageLink(place, page - 1, '← Previous', false));
  if (page < last) links.push(pageLink(place, page + 1, 'Next →', false));
  return links;
};

const countText = (index: ReportIndex, found: readonly number[], first: number): string => {
  const last = Math.min(found.length, first + pageSize);
  const counts = outcomeCounts(index, found);
  const parts = outcomes.flatMap((outcome) =>
    counts[outcome] > 0 ? [counted(counts[outcome], outcome, outcome)] : [],
  );
  return [
    counted(found.length, 'trajectory found', 'trajectories found'),
    ...(parts.length > 1 ? [` (${parts.join(', ')})`] : []),
    ...(last > 0 ? [`, showing ${first + 1} to ${last}`] : []),
  ].join('');
};

/** Where the list is shown. */
export type ListParts = {
  readonly count: HTMLElement;
  readonly list: HTMLElement;
  readonly pager: HTMLElement;
};

/** An empty list with the line that says how many were found, announced when it changes. */
export const listParts = (): ListParts => ({
  count: element('p', { id: 'count', role: 'status', 'aria-live': 'polite' }),
  list: element('ol', { id: 'list', class: 'list' }),
  pager: element('nav', { id: 'pager', class: 'pager', 'aria-label': 'Pages of trajectories' }),
});

/** Fills list, pager and count for one place; returns the numbers of all that were found. */
export const showList = (index: ReportIndex, place: ListPlace, parts: ListParts): number[] => {
  const found = matching(index, place);
  const last = Math.max(1, Math.ceil(found.length / pageSize));
  const page = Math.min(place.page, last);
  const first = (page - 1) * pageSize;
  const repeated = index.entries.repeat.some((repeat) => repeat > 0);
  const shown = found.slice(first, first + pageSize);
  parts.list.replaceChildren(...shown.map((number) => item(index, number, repeated)));
  parts.list.setAttribute('start', String(first + 1));
  parts.pager.replaceChildren(...pagerLinks(place, page, last));
  parts.count.textContent = countText(index, found, first);
  return found;
};
