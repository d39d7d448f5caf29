import { type FlipList, flipOrder } from './compare-payload.ts';
import { element } from './dom.ts';
import { type FlipParts, kindTexts, showFlips } from './flip-list.ts';
import { type FlipPlace, flipPlaceHash, readFlipPlace } from './flip-place.ts';
import type { ReportIndex } from './payload.ts';

const firstPlace: FlipPlace = { c: 0, set: '', kind: '', text: '', page: 1 };

type Option = readonly [value: string, text: string];

const choice = (name: string, label: string, options: readonly Option[]): HTMLElement =>
  element(
    'label',
    {},
    `${label} `,
    element(
      'select',
      { name },
      ...options.map(([value, text]) => element('option', { value }, text)),
    ),
  );

const formOf = (lists: readonly FlipList[]): HTMLFormElement => {
  const sets = [...new Set(lists.flatMap((list) => list.sets))];
  return element(
    'form',
    { class: 'filters', role: 'search', 'aria-label': 'Pairs of attempts' },
    element(
      'label',
      { class: 'grow' },
      'Question, id or answer holds ',
      element('input', { type: 'search', name: 'text', autocomplete: 'off' }),
    ),
    lists.length > 1 &&
      choice(
        'c',
        'Comparison',
        lists.map(({ a, b }, i) => [String(i), `${b} against ${a}`]),
      ),
    choice('set', 'Set', [['', 'all'], ...sets.map((name) => [name, name] as const)]),
    lists.some(({ judged }) => judged) &&
      choice('kind', 'Right', [
        ['', 'all'],
        ...flipOrder.map((name) => [name, kindTexts[name]] as const),
      ]),
  );
};

const names = ['c', 'set', 'kind', 'text'] as const;

const control = (form: HTMLFormElement, name: string): HTMLInputElement | null =>
  form.elements.namedItem(name) as HTMLInputElement | null;

const readForm = (form: HTMLFormElement): FlipPlace => {
  const query = new URLSearchParams(names.map((name) => [name, control(form, name)?.value ?? '']));
  return readFlipPlace(`#flips?${query}`) ?? firstPlace;
};

const fillForm = (form: HTMLFormElement, place: FlipPlace): void => {
  for (const name of names) {
    const input = control(form, name);
    if (input) input.value = String(place[name]);
  }
};

const partsOf = (): FlipParts => ({
  count: element('p', { id: 'flip-count', role: 'status', 'aria-live': 'polite' }),
  list: element('ol', { class: 'list flips' }),
  pager: element('nav', { class: 'pager', 'aria-label': 'Pages of pairs' }),
});

/**
 * The paired attempts of a page's comparisons: listed and filtered in `place`, by the address; each leads to its two
 * trajectories side by side. `title` gets the focus when the list is shown anew.
 */
export const browseFlips = (
  lists: readonly FlipList[],
  index: ReportIndex,
  { place, title }: { readonly place: HTMLElement; readonly title: HTMLElement },
): void => {
  const [form, parts] = [formOf(lists), partsOf()];
  place.replaceChildren(form, parts.count, parts.list, parts.pager);
  const show = (at: FlipPlace): void => {
    const flips = lists[at.c] ?? lists[0];
    if (flips) showFlips(index, flips, at, parts);
  };
  const follow = (from: string): void => {
    const at = readFlipPlace(location.hash);
    if (at === null) return;
    fillForm(form, at);
    show(at);
    // back from two trajectories: the line that led to them
    const line = [...parts.list.querySelectorAll('a')].find(({ hash }) => hash === from);
    if (line) {
      line.focus();
      return;
    }
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    title.scrollIntoView();
  };
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    const at = readForm(form);
    history.replaceState(null, '', flipPlaceHash(at));
    show(at);
  });
  show(firstPlace);
  addEventListener('hashchange', ({ oldURL }) => follow(new URL(oldURL).hash));
  follow('');
};
