import type { Comparison, Side } from '@coa/compare';
import { configTable, costTable, endingTable, repeatTable } from './compare-cost-tables.ts';
import { agentName, sidesOf } from './compare-data.ts';
import { forest } from './compare-forest.ts';
import { promptHtml } from './compare-prompt.ts';
import {
  differenceTable,
  flipTable,
  overviewTable,
  sideLabels,
  sideName,
} from './compare-tables.ts';
import { type Html, html } from './markup.ts';
import type { Table } from './table.ts';
import { tableHtml } from './table-html.ts';

/** The tables of one comparison, in the page's order; also what its buttons give. */
const tablesOf = (comparison: Comparison, i: number) => ({
  differences: differenceTable(comparison, `differences-${i}`),
  flips: flipTable(comparison, { id: `flips-${i}`, comparison: i }),
  costs: costTable(comparison, `costs-${i}`),
  endings: endingTable(comparison, `endings-${i}`),
  repeats: repeatTable(comparison, `repeats-${i}`),
  config: configTable(comparison, `config-${i}`),
});

/** Every table of a compare page. */
export const compareTables = (comparisons: readonly Comparison[]): Table[] => [
  ...(comparisons.length > 1 ? [overviewTable(comparisons)] : []),
  ...comparisons.flatMap((comparison, i) =>
    Object.values(tablesOf(comparison, i)).filter((table) => table !== null),
  ),
];

const sideFacts = (name: string, { manifest, arm }: Side): Html => html`
<div><dt>${name}</dt><dd><b><bdi>${arm}</bdi></b></dd><dd>of <bdi>${manifest.runId}</bdi></dd>
<dd>model <bdi>${manifest.model.name}</bdi>, seed ${manifest.rootSeed}, repeats ${manifest.repeats}</dd></div>`;

const cautionList = ({ cautions }: Comparison): Html | false =>
  cautions.length > 0 &&
  html`<div class="cautions"><h3>Before you compare</h3><ul>${cautions.map((text) => html`<li><bdi>${text}</bdi></li>`)}</ul></div>`;

const part = (title: string, ...content: readonly (Html | false)[]): Html =>
  html`<h3>${title}</h3>${content}`;

const section = (comparison: Comparison, i: number): Html => {
  const { a, b } = sideLabels(comparison);
  const tables = tablesOf(comparison, i);
  return html`<section id="c${i}" aria-labelledby="c${i}-title"><h2 id="c${i}-title"><bdi>${b}</bdi> against <bdi>${a}</bdi></h2>
<dl class="facts">${sideFacts('A, the baseline', comparison.a)}${sideFacts('B', comparison.b)}</dl>
${cautionList(comparison)}
${part('Differences', forest(comparison, `forest-${i}`), tableHtml(tables.differences))}
${tables.flips !== null && part('Who flipped', tableHtml(tables.flips))}
${tables.repeats !== null && part('When asked more than once', tableHtml(tables.repeats))}
${part('Costs', tableHtml(tables.costs))}
${part('Ends and errors', tableHtml(tables.endings))}
${part('Configuration', tables.config ? tableHtml(tables.config) : html`<p class="note">No difference but in the names.</p>`)}
${part('Prompts', promptHtml(comparison.prompt))}</section>`;
};

const contents = (comparisons: readonly Comparison[], trajectories: boolean): Html => html`
<nav class="contents" aria-label="Contents"><ul>${
  comparisons.length > 1 && html`<li><a href="#overview-title">All comparisons</a></li>`
}${comparisons.map((comparison, i) => {
  const { a, b } = sideLabels(comparison);
  return html`<li><a href="#c${i}"><bdi>${b}</bdi> against <bdi>${a}</bdi></a></li>`;
})}${trajectories && html`<li><a href="#flips">Attempt by attempt</a></li><li><a href="#trajectories">All trajectories</a></li>`}</ul></nav>`;

const browsers = html`
<section id="flips" aria-labelledby="flips-title"><h2 id="flips-title">Attempt by attempt</h2>
<div id="flip-browser"><p>Loading the list…</p></div></section>
<section id="trajectories" aria-labelledby="trajectories-title"><h2 id="trajectories-title">All trajectories</h2>
<div id="browser"><p>Loading the list…</p></div>
<noscript><p class="note">Reading single trajectories needs JavaScript; the tables above do not.</p></noscript></section>`;

const namesOf = (comparisons: readonly Comparison[]): string => {
  const sides = sidesOf(comparisons);
  return sides.map((side) => agentName(side, sides)).join(', ');
};

/** The sides; where there are many with one baseline, how many there are. */
const headingOf = (comparisons: readonly Comparison[]): string => {
  const baselines = new Set(comparisons.map(({ a }) => sideName(a)));
  return comparisons.length > 3 && baselines.size === 1
    ? `${comparisons.length} agents against ${agentName(comparisons[0]!.a, sidesOf(comparisons))}`
    : namesOf(comparisons);
};

export const compareTitle = (comparisons: readonly Comparison[]): string =>
  `${headingOf(comparisons)} compared`;

/** Everything a reader sees before any script runs. */
export const compareBody = (
  comparisons: readonly Comparison[],
  { trajectories }: { readonly trajectories: boolean },
): Html => html`<header class="masthead" id="top"><p class="kicker">Comparison by ${comparisons[0]!.metric}</p>
<h1><bdi>${headingOf(comparisons)}</bdi></h1></header>
<main id="main" tabindex="-1"><div id="overview">${contents(comparisons, trajectories)}
${
  comparisons.length > 1 &&
  html`<section aria-labelledby="overview-title"><h2 id="overview-title">All comparisons</h2>${tableHtml(overviewTable(comparisons))}</section>`
}
${comparisons.map(section)}
${trajectories && browsers}
</div><article id="trajectory" hidden aria-labelledby="trajectory-title"></article></main>`;
