import {
  compareBody,
  compareTables,
  compareTitle,
  flipLists,
  type Html,
  html,
  inert,
  pack,
  tableBlock,
  trusted,
} from '@coa/report';
import type { RunListing } from '@coa/store';
import type { CompareState } from './compare-state.ts';
import type { Reply } from './reply.ts';
import { page, segment } from './shell.ts';

export type CompareForm = {
  /** As the address says them. */
  readonly a: string;
  readonly b: string;
  readonly metric: string;
  /** What can be compared. */
  readonly runs: readonly RunListing[];
};

/** Sides offered to choose from. */
const mostOffered = 500;

const field = (name: 'a' | 'b', label: string, value: string): Html =>
  html`<label class="grow">${label} <input name="${name}" value="${value}" list="sides" required autocomplete="off" spellcheck="false"></label>`;

const form = ({ a, b, metric, runs }: CompareForm, base: string): Html => {
  const sides = runs.flatMap(({ runId, arms }) =>
    arms.filter(({ rollouts }) => rollouts > 0).map(({ name }) => `${runId}:${name}`),
  );
  return html`<form class="filters compare-form" method="get" action="${base}/compare" aria-label="Sides">
${field('a', 'A, the baseline (RUN:ARM)', a)}${field('b', 'B', b)}
<label>Metric <input name="metric" value="${metric}" required autocomplete="off" spellcheck="false"></label>
<button type="submit">Compare</button>
<datalist id="sides">${sides.slice(0, mostOffered).map((side) => html`<option value="${side}"></option>`)}</datalist></form>`;
};

/** The form alone, and why there is no comparison. */
export const compareFormPage = (asked: CompareForm, why: string, base: string): Reply =>
  page({
    title: 'Compare',
    ...{ base, kind: 'list', live: false },
    content: html`<main id="main" tabindex="-1"><h1>Compare</h1>${form(asked, base)}${why !== '' && html`<p class="failed" role="alert"><bdi>${why}</bdi></p>`}</main>`,
  });

/** Two sides compared, fed by this server. */
export const comparePage = (
  asked: CompareForm,
  { comparison }: CompareState,
  base: string,
): Reply => {
  const comparisons = [comparison];
  const query = `?a=${segment(asked.a)}&b=${segment(asked.b)}&metric=${segment(asked.metric)}`;
  const flips = { name: 'flips', packed: pack(flipLists(comparisons)) };
  const blocks = [flips, tableBlock(compareTables(comparisons))];
  return page({
    title: compareTitle(comparisons),
    ...{ base, kind: 'compare', live: false, source: `${base}/compare/source${query}` },
    content: html`${form(asked, base)}${compareBody(comparisons, { trajectories: true })}${blocks.map((block) => trusted(inert(block)))}`,
  });
};
