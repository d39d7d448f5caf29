import { byId } from './dom.ts';
import { filterForm, readFilters, setFilters } from './filters.ts';
import { type ListParts, listParts, showList } from './list.ts';
import type { ReportIndex } from './payload.ts';
import { firstPage, type ListPlace, listHash, readPlace } from './place.ts';
import type { Source } from './source.ts';
import { missingPage, trajectoryPage } from './trajectory.ts';

/** Where trajectories are browsed on a page. */
export type BrowsePlaces = {
  /** Gets the filters and the list. */
  readonly browser: HTMLElement;
  /** Hidden while a trajectory is open. */
  readonly overview: HTMLElement;
  /** Shows one trajectory. */
  readonly trajectory: HTMLElement;
  /** Gets the focus when the list is shown anew. */
  readonly title: HTMLElement;
};

type Browsing = {
  readonly places: BrowsePlaces;
  readonly source: Source;
  readonly index: ReportIndex;
  readonly form: HTMLFormElement;
  readonly parts: ListParts;
  list: ListPlace;
  found: readonly number[];
  opened: number | null;
};

const showTrajectory = async (browsing: Browsing, number: number): Promise<void> => {
  const { places, source, index } = browsing;
  const asked = location.hash;
  const view = await source.view(number);
  // the reader may have gone on while it was read
  if (location.hash !== asked) return;
  const back = listHash(browsing.list);
  const page = view
    ? trajectoryPage(view, { number, count: index.entries.arm.length, back })
    : missingPage(number, back);
  places.trajectory.replaceChildren(...page);
  places.trajectory.hidden = false;
  places.overview.hidden = true;
  browsing.opened = number;
  byId('trajectory-title').focus({ preventScroll: true });
  scrollTo(0, 0);
};

const showOverview = ({ places }: Browsing): void => {
  places.trajectory.hidden = true;
  places.overview.hidden = false;
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
  places.title.tabIndex = -1;
  places.title.focus({ preventScroll: true });
  places.title.scrollIntoView();
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

const follow = async (browsing: Browsing): Promise<void> => {
  const place = readPlace(location.hash);
  switch (place.kind) {
    case 'trajectory':
      return showTrajectory(browsing, place.number);
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

/** List, filters and trajectories of a source in a page, by its address. */
export const browse = async (source: Source, places: BrowsePlaces): Promise<void> => {
  const index = await source.index();
  const [form, parts] = [filterForm(index), listParts()];
  const browsing: Browsing = {
    ...{ places, source, index, form, parts },
    list: firstPage,
    found: [],
    opened: null,
  };
  places.browser.replaceChildren(form, parts.count, parts.list, parts.pager);
  refresh(browsing);
  listenToFilters(browsing);
  addEventListener('hashchange', () => void follow(browsing));
  if (location.hash !== '') await follow(browsing);
};
