import { type FlipList, type FlipName, flipOrder } from './compare-payload.ts';
import { element, isolated } from './dom.ts';
import { outcomeAt } from './find.ts';
import { type FlipPlace, flipPlaceHash } from './flip-place.ts';
import { outcomeBadge } from './list.ts';
import { endings, type ReportIndex } from './payload.ts';
import { trajectoryHash } from './place.ts';

const pageSize = 25;

export const kindTexts: Readonly<Record<FlipName, string>> = {
  both: 'both right',
  onlyA: 'only A right',
  onlyB: 'only B right',
  neither: 'both wrong',
};

/** Rows of the list that pass. */
export const matchingFlips = (
  flips: FlipList,
  { questions, said, entries }: ReportIndex,
  { set, kind: asked, text }: FlipPlace,
): number[] => {
  const kind = flips.judged ? asked : '';
  const words = text.trim().toLowerCase();
  const [setPlace, kindPlace] = [
    flips.sets.indexOf(set),
    kind === '' ? -1 : flipOrder.indexOf(kind),
  ];
  const textsOf = (number: number): string[] => {
    const question = entries.question[number]!;
    const what = entries.said[number];
    return [
      questions.text[question]!,
      questions.id[question]!,
      ...(typeof what === 'number' ? [said[what]!] : []),
    ];
  };
  const holds = (row: number): boolean =>
    [flips.left[row]!, flips.right[row]!]
      .flatMap(textsOf)
      .some((one) => one.toLowerCase().includes(words));
  return [...flips.kind.keys()].filter(
    (row) =>
      (set === '' || flips.set[row] === setPlace) &&
      (kind === '' || flips.kind[row] === kindPlace) &&
      (words === '' || holds(row)),
  );
};

const saying = (index: ReportIndex, name: string, number: number): HTMLElement => {
  const { said, entries } = index;
  const what = entries.said[number];
  const failed = endings[entries.ending[number]!] === 'error';
  return element(
    'p',
    { class: failed ? 'said failed' : 'said' },
    element('span', { class: 'side' }, `${name} `),
    outcomeBadge(outcomeAt(index, number)),
    ' ',
    isolated(typeof what === 'number' ? said[what] || '(empty)' : 'no answer'),
  );
};

const item = (index: ReportIndex, flips: FlipList, row: number): HTMLElement => {
  const [left, right] = [flips.left[row]!, flips.right[row]!];
  const question = index.entries.question[left]!;
  const repeat = index.entries.repeat[left]!;
  return element(
    'li',
    {},
    element(
      'a',
      { href: trajectoryHash(left, right), id: `f-${row}` },
      isolated(index.questions.text[question] || '(empty question)'),
    ),
    saying(index, 'A', left),
    saying(index, 'B', right),
    element(
      'p',
      { class: 'meta' },
      flips.judged && kindTexts[flipOrder[flips.kind[row]!]!],
      isolated(flips.sets[flips.set[row]!] ?? ''),
      repeat > 0 && `repeat ${repeat + 1}`,
    ),
  );
};

const pagerLinks = (place: FlipPlace, page: number, last: number): HTMLElement[] => {
  if (last <= 1) return [];
  const shown = [...new Set([1, page - 1, page, page + 1, last])].filter(
    (p) => p >= 1 && p <= last,
  );
  return shown.map((p) =>
    element(
      'a',
      { href: flipPlaceHash({ ...place, page: p }), 'aria-current': p === page && 'page' },
      String(p),
    ),
  );
};

/** Where the list is shown. */
export type FlipParts = {
  readonly count: HTMLElement;
  readonly list: HTMLElement;
  readonly pager: HTMLElement;
};

/** Fills list, pager and count for one place. */
export const showFlips = (
  index: ReportIndex,
  flips: FlipList,
  place: FlipPlace,
  { count, list, pager }: FlipParts,
): void => {
  const found = matchingFlips(flips, index, place);
  const last = Math.max(1, Math.ceil(found.length / pageSize));
  const page = Math.min(place.page, last);
  const first = (page - 1) * pageSize;
  const shown = found.slice(first, first + pageSize);
  list.replaceChildren(...shown.map((row) => item(index, flips, row)));
  list.setAttribute('start', String(first + 1));
  pager.replaceChildren(...pagerLinks(place, page, last));
  const range = shown.length > 0 ? `, showing ${first + 1} to ${first + shown.length}` : '';
  count.textContent = `${found.length.toLocaleString('en')} ${found.length === 1 ? 'pair' : 'pairs'} of attempts${range}`;
};
