import { besidePage } from './beside.ts';
import { byId } from './dom.ts';
import { filterForm, readFilters, setFilters } from './filters.ts';
import { listenToKeys } from './keys.ts';
import { type ListParts, listParts, pageOf, showList } from './list.ts';
import type { ReportIndex } from './payload.ts';
import { firstPage, type ListPlace, listHash, readPlace, trajectoryHash } from './place.ts';
import type { Source } from './source.ts';
import { missingPage, type TrajectoryChoice, trajectoryPage } from './trajectory.ts';

/** Where trajectories are browsed on a page. */
export type BrowsePlaces = {
  /** Gets the filters and the list. */
  readonly browser: HTMLElement;
  /** Hidden while a trajectory is open. */
  readonly overview: HTMLElement;
  /** Shows one trajectory. */
  readonly trajectory: HTMLElement;
  /** Gets the focus when the list is shown anew. */
  readonly title: () => HTMLElement;
};

/** Trajectories, and their list. */
type Listed = { readonly source: Source; readonly index: ReportIndex };

type Browsing = {
  readonly places: BrowsePlaces;
  source: Source;
  index: ReportIndex;
  /** A newer list, which waits until no trajectory is open: in it, numbers may be others. */
  newer: Listed | null;
  form: HTMLFormElement;
  readonly parts: ListParts;
  readonly choice: TrajectoryChoice;
  list: ListPlace;
  found: readonly number[];
  opened: number | null;
};

/** The list's address, on the page where the trajectory stands. */
const backTo = ({ list, found }: Browsing, number: number): string => {
  const at = found.indexOf(number);
  return listHash(at < 0 ? list : { ...list, page: pageOf(at) });
};

/** Neighbours among what was found; of a trajectory that is not among it, in the run. */
const neighbour = ({ found, index }: Browsing, number: number, by: 1 | -1): number | null => {
  const at = found.indexOf(number);
  if (at >= 0) return found[at + by] ?? null;
  const next = number + by;
  return next >= 0 && next < index.entries.arm.length ? next : null;
};

const placeOf = (browsing: Browsing, number: number) => ({
  number,
  previous: neighbour(browsing, number, -1),
  next: neighbour(browsing, number, 1),
  back: backTo(browsing, number),
});

const readPage = async (
  browsing: Browsing,
  number: number,
  beside: number | null,
): Promise<HTMLElement[]> => {
  const { source, index, choice } = browsing;
  const place = placeOf(browsing, number);
  const view = await source.view(number);
  if (!view) return missingPage(number, place.back);
  if (beside === null) return trajectoryPage(view, index, place, choice);
  const other = await source.view(beside);
  if (!other) return missingPage(beside, place.back);
  return besidePage([view, other], [number, beside], place.back);
};

const showTrajectory = async (
  browsing: Browsing,
  number: number,
  beside: number | null,
): Promise<void> => {
  const { places } = browsing;
  const asked = location.hash;
  const page = await readPage(browsing, number, beside).catch((cause: unknown) =>
    missingPage(number, backTo(browsing, number), String(cause)),
  );
  // the reader may have gone on while it was read
  if (location.hash !== asked) return;
  places.trajectory.replaceChildren(...page);
  places.trajectory.hidden = false;
  places.overview.hidden = true;
  browsing.opened = number;
  byId('trajectory-title').focus({ preventScroll: true });
  scrollTo(0, 0);
};

const showOverview = (browsing: Browsing): void => {
  browsing.places.trajectory.hidden = true;
  browsing.places.overview.hidden = false;
  takeNewer(browsing);
};

/** Back from a trajectory: its line in the list; else the list's heading. */
const focusList = (browsing: Browsing): void => {
  const { opened, places } = browsing;
  const line = opened === null ? null : document.getElementById(`t-${opened}`);
  browsing.opened = null;
  if (line) {
    line.focus();
    return;
  }
  const title = places.title();
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  title.scrollIntoView();
};

const showSection = (browsing: Browsing, id: string): void => {
  const wasOpened = browsing.opened !== null;
  showOverview(browsing);
  if (id === '' && wasOpened) focusList(browsing);
  else document.getElementById(id)?.scrollIntoView();
  browsing.opened = null;
};

const refresh = (browsing: Browsing): void => {
  browsing.found = showList(browsing.index, browsing.list, browsing.parts);
};

/** What there is to choose, where it is something else now; never under the reader's hands. */
const renewForm = (browsing: Browsing): void => {
  const { form, index, list } = browsing;
  const next = filterForm(index);
  if (form.contains(document.activeElement) || form.isEqualNode(next)) return;
  setFilters(next, list);
  form.replaceWith(next);
  browsing.form = next;
  listenToFilters(browsing);
};

/** Shows the newer list, if there is one: the same filters, page and focus, and nothing said aloud. */
const takeNewer = (browsing: Browsing): void => {
  const { newer, parts } = browsing;
  if (newer === null) return;
  Object.assign(browsing, newer, { newer: null, opened: null });
  renewForm(browsing);
  const { activeElement } = document;
  const focused = parts.list.contains(activeElement) ? (activeElement?.id ?? '') : '';
  parts.count.setAttribute('aria-live', 'off');
  refresh(browsing);
  document.getElementById(focused)?.focus({ preventScroll: true });
  setTimeout(() => parts.count.setAttribute('aria-live', 'polite'));
};

const follow = async (browsing: Browsing): Promise<void> => {
  const place = readPlace(location.hash);
  switch (place.kind) {
    case 'trajectory':
      return showTrajectory(browsing, place.number, place.beside);
    case 'list':
      browsing.list = place.list;
      showOverview(browsing);
      setFilters(browsing.form, browsing.list);
      refresh(browsing);
      focusList(browsing);
      return;
    case 'section':
      showSection(browsing, place.id);
  }
};

/** Filters act at once; the address follows without a new step in the history. */
const listenToFilters = (browsing: Browsing): void => {
  const { form } = browsing;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    browsing.list = readFilters(form);
    history.replaceState(null, '', listHash(browsing.list));
    refresh(browsing);
  });
};

/** The line after the focused one; without one, the first. */
const focusLine = ({ parts }: Browsing, by: 1 | -1): void => {
  const lines = [...parts.list.querySelectorAll<HTMLElement>('a[id^="t-"]')];
  const at = lines.indexOf(document.activeElement as HTMLElement);
  lines[at < 0 ? 0 : at + by]?.focus();
};

const keyActions = (browsing: Browsing) => {
  const { places } = browsing;
  const isOpen = (): boolean => !places.trajectory.hidden;
  const back = (): boolean => {
    if (!isOpen() || browsing.opened === null) return false;
    location.hash = backTo(browsing, browsing.opened);
    return true;
  };
  const step = (by: 1 | -1): void => {
    if (!isOpen()) {
      focusLine(browsing, by);
      return;
    }
    const next = browsing.opened === null ? null : neighbour(browsing, browsing.opened, by);
    if (next !== null) location.hash = trajectoryHash(next);
  };
  const search = (): void => {
    showOverview(browsing);
    if (browsing.opened !== null) history.pushState(null, '', backTo(browsing, browsing.opened));
    browsing.opened = null;
    browsing.form.querySelector<HTMLInputElement>('input[name=text]')?.focus();
  };
  const change = (): void => {
    places.trajectory.querySelector<HTMLElement>('.switch [aria-pressed=false]')?.click();
  };
  return { back, step, search, change };
};

/** A list that is shown. */
export type Browser = {
  /** Shows the list of a newer source in its place, once no trajectory is open. */
  renew(source: Source): Promise<void>;
};

/** List, filters and trajectories of a source in a page, by its address. */
export const browse = async (source: Source, places: BrowsePlaces): Promise<Browser> => {
  const index = await source.index();
  const [form, parts] = [filterForm(index), listParts()];
  const browsing: Browsing = {
    ...{ places, source, index, form, parts },
    choice: { as: 'tokens', mark: 'parts' },
    newer: null,
    list: firstPage,
    found: [],
    opened: null,
  };
  const keys = listenToKeys(keyActions(browsing));
  places.browser.replaceChildren(form, parts.count, parts.list, parts.pager, keys);
  refresh(browsing);
  listenToFilters(browsing);
  addEventListener('hashchange', () => void follow(browsing));
  if (location.hash !== '') await follow(browsing);
  return {
    renew: async (newer) => {
      browsing.newer = { source: newer, index: await newer.index() };
      if (places.trajectory.hidden) takeNewer(browsing);
    },
  };
};
