import { drawChart } from './chart.ts';
import { byId } from './dom.ts';
import { drawLines } from './lines.ts';
import { showList } from './list.ts';
import {
  type ChartData,
  chunkSize,
  type LineChart,
  type ReportIndex,
  type TrajectoryView,
} from './payload.ts';
import { firstPage, type ListPlace, listHash, readPlace } from './place.ts';
import { missingPage, trajectoryPage } from './trajectory.ts';
import { unpack } from './unpack.ts';

const noRecords: ReportIndex = { sets: [], arms: [], entries: [] };
const filterNames = ['set', 'arm', 'outcome', 'text'] as const;

let list: ListPlace = firstPage;
let opened: number | null = null;
let decoded: { readonly chunk: number; readonly views: readonly TrajectoryView[] } | null = null;

/** One chunk is kept decoded: neighbours are opened one after another. */
const viewOf = (number: number): TrajectoryView | undefined => {
  const chunk = Math.floor(number / chunkSize);
  if (decoded?.chunk !== chunk) {
    decoded = { chunk, views: unpack<TrajectoryView[]>(`data-chunk="${chunk}"`) ?? [] };
  }
  return decoded.views[number % chunkSize];
};

const showTrajectory = (index: ReportIndex, number: number): void => {
  const view = viewOf(number);
  const back = listHash(list);
  const page = view
    ? trajectoryPage(view, { number, count: index.entries.length, back })
    : missingPage(number, back);
  byId('trajectory').replaceChildren(...page);
  byId('trajectory').hidden = false;
  byId('overview').hidden = true;
  opened = number;
  byId('trajectory-title').focus({ preventScroll: true });
  scrollTo(0, 0);
};

const showOverview = (): void => {
  byId('trajectory').hidden = true;
  byId('overview').hidden = false;
};

const setFilters = (): void => {
  const form = byId('filters') as HTMLFormElement;
  for (const name of filterNames) {
    (form.elements.namedItem(name) as HTMLInputElement).value = list[name];
  }
};

/** Back from a trajectory: its line in the list; else the list's heading. */
const focusList = (): void => {
  const line = opened === null ? null : document.getElementById(`t-${opened}`);
  opened = null;
  if (line) {
    line.focus();
    return;
  }
  const title = byId('trajectories-title');
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  title.scrollIntoView();
};

const showSection = (id: string): void => {
  const wasOpened = opened !== null;
  showOverview();
  if (id === '' && wasOpened) focusList();
  else document.getElementById(id)?.scrollIntoView();
  opened = null;
};

const follow = (index: ReportIndex): void => {
  const place = readPlace(location.hash);
  switch (place.kind) {
    case 'trajectory':
      showTrajectory(index, place.number);
      return;
    case 'list':
      list = place.list;
      showOverview();
      setFilters();
      showList(index, list);
      focusList();
      return;
    case 'section':
      showSection(place.id);
  }
};

/** Filters act at once; the address follows without a new step in the history. */
const listenToFilters = (index: ReportIndex): void => {
  const form = byId('filters') as HTMLFormElement;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    const of = (name: string): string => (form.elements.namedItem(name) as HTMLInputElement).value;
    const [set, arm, outcome, text] = filterNames.map(of) as [string, string, string, string];
    list = { set, arm, outcome, text, page: 1 };
    history.replaceState(null, '', listHash(list));
    showList(index, list);
  });
};

const start = (): void => {
  // a light copy has no list
  if (!document.getElementById('filters')) return;
  const index = unpack<ReportIndex>('data-index') ?? noRecords;
  showList(index, list);
  listenToFilters(index);
  addEventListener('hashchange', () => follow(index));
  if (location.hash !== '') follow(index);
};

// The trajectories stand after this script; the tables and the chart do not wait for them.
addEventListener('DOMContentLoaded', start);
// One frame later: the first table is drawn before chart.js starts to measure.
requestAnimationFrame(() =>
  setTimeout(() => {
    const chart = unpack<ChartData>('data-chart');
    if (chart && chart.points.length > 0) drawChart(byId('chart') as HTMLCanvasElement, chart);
    for (const [i, lines] of (unpack<LineChart[]>('data-lines') ?? []).entries())
      drawLines(byId(`lines-${i}`) as HTMLCanvasElement, lines);
  }),
);
