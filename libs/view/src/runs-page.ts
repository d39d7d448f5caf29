import { type Html, html } from '@coa/report';
import type { RunListing } from '@coa/store';
import { type CardCell, type CardColumn, cardTable } from './card-table.ts';
import { minute, percent } from './numbers.ts';
import type { Reply } from './reply.ts';
import { page, segment } from './shell.ts';

/** Runs on one page of the list. */
export const runsPerPage = 50;

export type RunFilter = {
  /** In run id, experiment or an arm's name; upper and lower case alike. */
  readonly text: string;
  readonly label: string;
  readonly status: string;
  /** From 1. */
  readonly page: number;
};

export const readRunFilter = (query: URLSearchParams): RunFilter => ({
  text: query.get('text') ?? '',
  label: query.get('label') ?? '',
  status: query.get('status') ?? '',
  page: Math.max(1, Math.floor(Number(query.get('page'))) || 1),
});

const holds = (run: RunListing, text: string): boolean =>
  [run.runId, run.experiment, ...run.arms.map(({ name }) => name)].some((name) =>
    name.toLowerCase().includes(text),
  );

/** Runs that pass. */
export const filterRuns = (
  runs: readonly RunListing[],
  { text, label, status }: RunFilter,
): RunListing[] => {
  const wanted = text.trim().toLowerCase();
  return runs.filter(
    (run) =>
      (status === '' || run.status === status) &&
      (label === '' || run.labels.includes(label)) &&
      (wanted === '' || holds(run, wanted)),
  );
};

const option = (value: string, text: string, chosen: string): Html =>
  html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`;

const form = (filter: RunFilter, labels: readonly string[]): Html => html`
<form class="filters" role="search" aria-label="Runs" method="get">
<label class="grow">Run, experiment or agent <input type="search" name="text" value="${filter.text}" autocomplete="off"></label>
<label>Status <select name="status">${option('', 'all', filter.status)}${['unfinished', 'finished'].map((status) => option(status, status, filter.status))}</select></label>
${
  labels.length > 0 &&
  html`<label>Label <select name="label">${option('', 'all', filter.label)}${labels.map((label) => option(label, label, filter.label))}</select></label>`
}
<button type="submit">Show</button></form>`;

const progress = ({ rollouts, errors, planned, status }: RunListing): Html => {
  const done = rollouts + errors;
  return status === 'finished'
    ? html`${done}`
    : html`<progress max="${Math.max(planned, done, 1)}" value="${done}" aria-label="Attempts stored"></progress> ${done} of ${planned}`;
};

/** Agents named in a row; how many more there are is said. */
const mostNamed = 5;

const scores = ({ arms }: RunListing): Html[] => {
  const begun = arms.filter(({ rollouts, errors }) => rollouts + errors > 0);
  const left = arms.length - Math.min(begun.length, mostNamed);
  return [
    ...begun
      .slice(0, mostNamed)
      .map(
        ({ name, exactMatch }) => html`<li><bdi>${name}</bdi> <b>${percent(exactMatch)}</b></li>`,
      ),
    ...(left > 0 ? [html`<li class="quiet">${left} more</li>`] : []),
  ];
};

const row = (run: RunListing, base: string): CardCell[] => [
  html`<a href="${base}/run/${segment(run.runId)}"><bdi>${run.runId}</bdi></a>${run.labels.map((label) => html` <span class="label"><bdi>${label}</bdi></span>`)}`,
  run.status === 'finished' ? 'finished' : html`<b class="running">unfinished</b>`,
  progress(run),
  run.errors > 0 ? html`<span class="errors">${run.errors}</span>` : 0,
  html`<ul class="scores">${scores(run)}</ul>`,
  minute(run.startedAt),
];

const columns: readonly CardColumn[] = [
  { label: 'Run' },
  { label: 'Status' },
  { label: 'Attempts', class: 'number' },
  { label: 'Errors', class: 'number' },
  { label: 'Exact match by agent' },
  { label: 'Started', class: 'time' },
];

const table = (runs: readonly RunListing[], base: string): Html =>
  cardTable({
    name: 'Runs',
    caption:
      'Exact match in per cent, all sets together, each attempt weighing the same. Times are UTC.',
    ...{ columns, rows: runs.map((run) => row(run, base)) },
  });

const address = (filter: RunFilter, number: number): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, page: number }))
    if (value !== '') query.set(name, String(value));
  return `?${query}`;
};

const pager = (filter: RunFilter, last: number): Html | false =>
  last > 1 &&
  html`<nav class="pager" aria-label="Pages of runs">${[
    ...new Set([1, filter.page - 1, filter.page, filter.page + 1, last]),
  ]
    .filter((number) => number >= 1 && number <= last)
    .map(
      (number) =>
        html`<a href="${address(filter, number)}"${number === filter.page && html` aria-current="page"`}>${number}</a>`,
    )}</nav>`;

const labelsOf = (runs: readonly RunListing[]): string[] =>
  [...new Set(runs.flatMap(({ labels }) => labels))].sort();

/** The front page: every run of the store, the last started first, searched and paged here. */
export const runsPage = (
  runs: readonly RunListing[],
  asked: RunFilter,
  { base, file }: { readonly base: string; readonly file: string },
): Reply => {
  const found = filterRuns(runs, asked);
  const last = Math.max(1, Math.ceil(found.length / runsPerPage));
  const filter = { ...asked, page: Math.min(asked.page, last) };
  const first = (filter.page - 1) * runsPerPage;
  const shown = found.slice(first, first + runsPerPage);
  const count = `${found.length} of ${runs.length} runs${shown.length < found.length ? `, ${first + 1} to ${first + shown.length} shown` : ''}`;
  return page({
    title: 'Runs',
    ...{ base, kind: 'list', live: true },
    content: html`<main id="main" tabindex="-1"><h1>Runs</h1><p class="note"><bdi>${file}</bdi>, read only</p>
${form(filter, labelsOf(runs))}
<div id="runs" data-part><p id="count">${count}</p>${shown.length > 0 && table(shown, base)}${pager(filter, last)}</div></main>`,
  });
};
