/** Which trajectories the list shows, and how. Empty: all. */
export type ListPlace = {
  readonly set: string;
  readonly arm: string;
  readonly outcome: string;
  /** Action steps, a number. */
  readonly actions: string;
  /** One of `endings`. */
  readonly ended: string;
  readonly known: string;
  readonly text: string;
  /** One of `sorts`; empty: the run's order. */
  readonly sort: string;
  /** From 1. */
  readonly page: number;
};

/**
 * Where the reader is, as the address says it: `#t=12`, `#t=12&with=345` (side by side), `#trajectories?set=nq&page=2`, or a
 * section's id.
 */
export type Place =
  | { readonly kind: 'trajectory'; readonly number: number; readonly beside: number | null }
  | { readonly kind: 'list'; readonly list: ListPlace }
  | { readonly kind: 'section'; readonly id: string };

export const firstPage: ListPlace = {
  set: '',
  arm: '',
  outcome: '',
  actions: '',
  ended: '',
  known: '',
  text: '',
  sort: '',
  page: 1,
};

const listStart = '#trajectories?';

const readList = (hash: string): ListPlace => {
  const query = new URLSearchParams(hash.slice(listStart.length));
  const of = (name: string): string => query.get(name) ?? '';
  const names = Object.keys(firstPage).filter((name) => name !== 'page');
  const texts = Object.fromEntries(names.map((name) => [name, of(name)]));
  return {
    ...firstPage,
    ...texts,
    page: Math.max(1, Math.floor(Number(of('page'))) || 1),
  };
};

export const readPlace = (hash: string): Place => {
  const [, number, beside] = /^#t=(\d{1,9})(?:&with=(\d{1,9}))?$/.exec(hash) ?? [];
  if (number !== undefined) {
    const other = beside === undefined ? null : Number(beside);
    return { kind: 'trajectory', number: Number(number), beside: other };
  }
  if (hash.startsWith(listStart)) return { kind: 'list', list: readList(hash) };
  return { kind: 'section', id: hash.slice(1) };
};

/** The address of a list; what is not chosen is left out. */
export const listHash = (list: ListPlace): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(list)) {
    if (value !== '' && !(name === 'page' && value === 1)) query.set(name, String(value));
  }
  return `${listStart}${query}`;
};

/** The address of a trajectory, or of two side by side. */
export const trajectoryHash = (number: number, beside: number | null = null): string =>
  beside === null ? `#t=${number}` : `#t=${number}&with=${beside}`;
