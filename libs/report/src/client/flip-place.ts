import { type FlipName, flipOrder } from './compare-payload.ts';

/** Which paired attempts are listed. Empty: all. */
export type FlipPlace = {
  /** Which comparison. */
  readonly c: number;
  readonly set: string;
  readonly kind: FlipName | '';
  /** In question, id or what either side said. */
  readonly text: string;
  /** From 1. */
  readonly page: number;
};

const start = '#flips?';

const isKind = (text: string): text is FlipName => flipOrder.some((name) => name === text);

const whole = (text: string | null, least: number): number =>
  Math.max(least, Math.floor(Number(text)) || least);

/** The place that an address names; null where it names something else. */
export const readFlipPlace = (hash: string): FlipPlace | null => {
  if (!hash.startsWith(start)) return null;
  const query = new URLSearchParams(hash.slice(start.length));
  const kind = query.get('kind') ?? '';
  return {
    c: whole(query.get('c'), 0),
    set: query.get('set') ?? '',
    kind: isKind(kind) ? kind : '',
    text: query.get('text') ?? '',
    page: whole(query.get('page'), 1),
  };
};

export const flipPlaceHash = (place: FlipPlace): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(place)) {
    if (value !== '' && !(name === 'page' && value === 1)) query.set(name, String(value));
  }
  return `${start}${query}`;
};
