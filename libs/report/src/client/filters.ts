import { element } from './dom.ts';
import { knownNames, outcomes, sorts } from './find.ts';
import { endings, type ReportIndex } from './payload.ts';
import { firstPage, type ListPlace } from './place.ts';

type Option = readonly [value: string, text: string];

const choice = (
  name: keyof ListPlace,
  label: string,
  options: readonly Option[],
  all = 'all',
): HTMLElement =>
  element(
    'label',
    {},
    `${label} `,
    element(
      'select',
      { name },
      ...[['', all] as const, ...options].map(([value, text]) =>
        element('option', { value }, text),
      ),
    ),
  );

const named = (names: readonly string[]): Option[] => names.map((name) => [name, name]);

export const endingTexts: Readonly<Record<(typeof endings)[number], string>> = {
  answered: 'answered by itself',
  horizon: 'no action steps left',
  context: 'context full',
  length: 'turn without action or answer',
  malformed: 'broke the protocol',
  error: 'error',
};

const distinct = (values: readonly number[]): number[] =>
  [...new Set(values)].sort((a, b) => a - b);

const choices = ({ sets, arms, questions, entries }: ReportIndex): HTMLElement[] => {
  const ended = distinct(entries.ending).map((place) => endings[place]!);
  const some = (name: string): boolean =>
    name !== 'not scored' || entries.exactMatch.includes(null);
  return [
    choice('set', 'Set', named(sets)),
    choice('arm', 'Agent', named(arms)),
    choice('outcome', 'Outcome', named(outcomes.filter(some))),
    choice('actions', 'Actions', named(distinct(entries.actions).map(String)), 'any number'),
    choice(
      'ended',
      'Ended',
      ended.map((name) => [name, endingTexts[name]]),
      'any way',
    ),
    ...(questions.known.some((known) => known !== null)
      ? [choice('known', 'Knowledge', named(knownNames))]
      : []),
    choice('sort', 'Order', Object.entries(sorts), 'as run'),
  ];
};

/** The form over the list: what there is to choose follows from the index. */
export const filterForm = (index: ReportIndex): HTMLFormElement =>
  element(
    'form',
    { class: 'filters', role: 'search', 'aria-label': 'Trajectories' },
    element(
      'label',
      { class: 'grow' },
      'Question, id, answer or error holds ',
      element('input', { type: 'search', name: 'text', autocomplete: 'off' }),
    ),
    ...choices(index),
  );

const control = (form: HTMLFormElement, name: string): HTMLInputElement | null =>
  form.elements.namedItem(name) as HTMLInputElement | null;

const names = (Object.keys(firstPage) as (keyof ListPlace)[]).filter((name) => name !== 'page');

/** What the form says, from the first page on. */
export const readFilters = (form: HTMLFormElement): ListPlace => ({
  ...firstPage,
  ...Object.fromEntries(names.map((name) => [name, control(form, name)?.value ?? ''])),
});

/** Puts a place into the form; what the form does not offer becomes `all`. */
export const setFilters = (form: HTMLFormElement, place: ListPlace): void => {
  for (const name of names) {
    const input = control(form, name);
    if (input) input.value = String(place[name]);
  }
};
