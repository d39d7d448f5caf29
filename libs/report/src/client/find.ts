import { endings, type ReportIndex } from './payload.ts';
import type { ListPlace } from './place.ts';

export const outcomes = ['right', 'wrong', 'error', 'not scored'] as const;

export type Outcome = (typeof outcomes)[number];

export const outcomeOf = (exactMatch: number | null | undefined, error: boolean): Outcome => {
  if (error) return 'error';
  if (typeof exactMatch !== 'number') return 'not scored';
  return exactMatch === 1 ? 'right' : 'wrong';
};

const errorEnding = endings.indexOf('error');

/** What became of trajectory `number`. */
export const outcomeAt = ({ entries }: ReportIndex, number: number): Outcome =>
  outcomeOf(entries.exactMatch[number], entries.ending[number] === errorEnding);

type Passes = (number: number) => boolean;

/** Where the words stand in question, id, prediction or error message; texts that occur often are read once. */
const holding = ({ questions, said, entries }: ReportIndex, words: string): Passes => {
  const holds = (text: string): boolean => text.toLowerCase().includes(words);
  const inQuestion = questions.text.map((text, i) => holds(text) || holds(questions.id[i]!));
  const inSaid = said.map(holds);
  return (number) => {
    const what = entries.said[number];
    return inQuestion[entries.question[number]!]! || (typeof what === 'number' && inSaid[what]!);
  };
};

export const knownNames = ['known', 'unknown'] as const;

const tests = (index: ReportIndex, place: ListPlace): Passes[] => {
  const { sets, arms, questions, entries } = index;
  const set = sets.indexOf(place.set);
  const arm = arms.indexOf(place.arm);
  const ended = (endings as readonly string[]).indexOf(place.ended);
  const words = place.text.trim().toLowerCase();
  const all: readonly (readonly [asked: boolean, passes: Passes])[] = [
    [place.set !== '', (i) => questions.set[entries.question[i]!] === set],
    [place.arm !== '', (i) => entries.arm[i] === arm],
    [place.outcome !== '', (i) => outcomeAt(index, i) === place.outcome],
    [place.actions !== '', (i) => String(entries.actions[i]) === place.actions],
    [place.ended !== '', (i) => entries.ending[i] === ended],
    [
      place.known !== '',
      (i) => questions.known[entries.question[i]!] === (place.known === 'known'),
    ],
    ...(words === '' ? [] : ([[true, holding(index, words)]] as const)),
  ];
  return all.filter(([asked]) => asked).map(([, passes]) => passes);
};

/** Ways to order the list; `-`: downwards. */
export const sorts = {
  question: 'question, A to Z',
  set: 'set',
  f1: 'F1, lowest first',
  '-f1': 'F1, highest first',
  actions: 'fewest actions first',
  '-actions': 'most actions first',
} as const;

/** Place of each text in their alphabetical order. */
const ranks = (texts: readonly string[]): Float64Array => {
  const lower = texts.map((text) => text.toLowerCase());
  const order = lower.map((_, i) => i).sort((a, b) => (lower[a]! < lower[b]! ? -1 : 1));
  const places = new Float64Array(texts.length);
  order.forEach((text, place) => {
    // equal texts share a place
    const before = place > 0 && lower[order[place - 1]!] === lower[text] ? order[place - 1]! : null;
    places[text] = before === null ? place : places[before]!;
  });
  return places;
};

/** What each trajectory is ordered by; not defined: last, either way. */
const sortKey = (
  { questions, entries }: ReportIndex,
  sort: keyof typeof sorts,
): ((number: number) => number) => {
  switch (sort) {
    case 'question': {
      const places = ranks(questions.text);
      return (i) => places[entries.question[i]!]!;
    }
    case 'set':
      return (i) => questions.set[entries.question[i]!]!;
    case 'f1':
      return (i) => entries.tokenF1[i] ?? Number.POSITIVE_INFINITY;
    case '-f1':
      return (i) => -(entries.tokenF1[i] ?? Number.NEGATIVE_INFINITY);
    case 'actions':
      return (i) => entries.actions[i]!;
    case '-actions':
      return (i) => -entries.actions[i]!;
  }
};

const isSort = (name: string): name is keyof typeof sorts => Object.hasOwn(sorts, name);

/** Numbers of the trajectories that pass the filters, in the order asked for. */
export const matching = (index: ReportIndex, place: ListPlace): number[] => {
  const asked = tests(index, place);
  const found: number[] = [];
  for (let number = 0; number < index.entries.arm.length; number++) {
    if (asked.every((passes) => passes(number))) found.push(number);
  }
  if (!isSort(place.sort)) return found;
  const keyOf = sortKey(index, place.sort);
  const keys = new Float64Array(index.entries.arm.length);
  for (const number of found) keys[number] = keyOf(number);
  return found.sort((a, b) => (keys[a] === keys[b] ? a - b : keys[a]! - keys[b]!));
};

/** How many of them had each outcome. */
export const outcomeCounts = (
  index: ReportIndex,
  found: readonly number[],
): Readonly<Record<Outcome, number>> => {
  const counts = { right: 0, wrong: 0, error: 0, 'not scored': 0 };
  for (const number of found) counts[outcomeAt(index, number)] += 1;
  return counts;
};

/** The other trajectories of the same question. */
export const siblings = ({ entries }: ReportIndex, number: number): number[] => {
  const question = entries.question[number];
  return entries.question.flatMap((other, i) => (other === question && i !== number ? [i] : []));
};
