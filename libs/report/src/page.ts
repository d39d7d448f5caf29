import type { Manifest } from '@coa/core';
import type { LineChart } from './client/payload.ts';
import { atlasNote, claimsTable, knowledgeTable, trainingTable } from './evidence-tables.ts';
import { type Html, html } from './markup.ts';
import { grouped } from './numerals.ts';
import { stepCharts } from './step-charts.ts';
import type { Summary } from './summary.ts';
import { chartTwin, conductTable, headlineTable, paperSection, stepTable } from './tables.ts';
import { type TrainingCurve, trainingCharts } from './training-curves.ts';

const section = (id: string, title: string, content: Html): Html => html`
<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`;

const chart = (): Html => html`
<div class="chart"><canvas id="chart" role="img" aria-label="Exact match by set and agent, with 95 % intervals; the table below it holds the same numbers"></canvas></div>
<noscript><p class="note">The chart needs JavaScript; the table below holds its numbers.</p></noscript>`;

const lineChart = ({ title }: LineChart, i: number): Html => html`
<figure><figcaption>${title}</figcaption><div class="chart lines"><canvas id="lines-${i}" role="img" aria-label="${title}; the table holds its numbers"></canvas></div></figure>`;

/** The page's line charts, in the order in which the client finds their data. */
export const lineCharts = (
  summary: Summary,
  training: readonly TrainingCurve[],
): { readonly conduct: readonly LineChart[]; readonly training: readonly LineChart[] } => ({
  conduct: stepCharts(summary),
  training: trainingCharts(training),
});

const browser = (): Html => html`
<div id="browser"><p id="count">Loading the list…</p></div>
<noscript><p class="note">Reading single trajectories needs JavaScript; the tables above do not.</p></noscript>`;

const left = ({ runId }: Manifest): Html =>
  html`<p class="note">This copy holds no trajectories; <code>coa report ${runId}</code> writes the whole page from the run store.</p>`;

const fact = (name: string, value: string | number): Html =>
  html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`;

const metricNotes = `EM (exact match) and F1 follow each set’s own official rule. The released reward is the paper’s training reward, looser than EM: it also pays where 70 % of a gold answer’s words occur. Intervals: Wilson’s for shares with one value per question, otherwise a bootstrap over questions; the average’s is composed from its parts (MOVER).`;

const primerNote = html`<p class="note">A set named primer-… comes from the primer: passages and questions written for this lab, used where the original set is not at hand. Its numbers say that everything works, and compare the agents with each other; they say nothing about the original set.</p>`;

const notes = (manifest: Manifest): Html => html`
<dl class="facts">${[
  fact('Model', manifest.model.name),
  fact('Environment', manifest.environment.name),
  fact('Questions', manifest.datasets.map((d) => `${d.name} ${d.questions}`).join(', ')),
  fact('Repeats per question', manifest.repeats),
  fact('Root seed', manifest.rootSeed),
  fact('Metrics', manifest.metrics.map(({ id, version }) => `${id}@${version}`).join(', ')),
]}</dl>
<p class="note">${metricNotes}</p>
${manifest.datasets.some(({ name }) => name.startsWith('primer')) && primerNote}`;

const origin = (manifest: Manifest, generatedBy: string): Html => html`
<h3>The exact command</h3><pre class="code"><code>${manifest.command}</code></pre>
<dl class="facts">${[
  fact('Run', manifest.runId),
  fact('Started', manifest.startedAt),
  fact(
    'Commit',
    `${manifest.revision.commit}${manifest.revision.dirty ? ' (with uncommitted changes)' : ''}`,
  ),
  fact(
    'Machine',
    `${manifest.machine.cpu}, ${manifest.machine.cores} cores, Node ${manifest.machine.node}, ${manifest.machine.platform}`,
  ),
  fact('Written by', generatedBy),
]}</dl>
<details><summary>Full manifest</summary><pre class="code"><code>${JSON.stringify(manifest, null, 2)}</code></pre></details>`;

const contents = (
  records: number,
  more: readonly (readonly [string, string])[],
): Html => html`<nav class="contents" aria-label="Contents"><ul>
<li><a href="#results">Results</a></li>${more.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}<li><a href="#conduct">Conduct</a></li><li><a href="#paper">The paper’s rows</a></li>
<li><a href="#notes">Notes</a></li><li><a href="#trajectories">${grouped(records)} trajectories</a></li><li><a href="#origin">Command</a></li></ul></nav>`;

/** Sections that appear where there is something to say. */
const optional = (summary: Summary, training: readonly TrainingCurve[]) => {
  const charts = lineCharts(summary, training);
  const curves = html`<div class="charts">${charts.training.map((one, i) => lineChart(one, charts.conduct.length + i))}</div>
<details class="twin"><summary>The curves in numbers</summary>${trainingTable(training)}</details>`;
  const all: readonly (readonly [id: string, title: string, content: Html, shown: boolean])[] = [
    ['claims', 'The paper’s claims', claimsTable(summary), summary.claims.length > 0],
    ['knowledge', 'Known and unknown', knowledgeTable(summary), summary.knowledge.length > 0],
    ['training', 'Training', curves, training.length > 0],
  ];
  return all.filter(([, , , shown]) => shown);
};

/** Everything a reader sees before any script runs; the trajectory's own page is filled in by the client. */
export const pageBody = (
  summary: Summary,
  manifest: Manifest,
  {
    generatedBy,
    training,
    trajectories,
  }: {
    readonly generatedBy: string;
    readonly training: readonly TrainingCurve[];
    readonly trajectories: boolean;
  },
): Html => {
  const records = summary.averages.reduce((sum, { n, errors }) => sum + n + errors, 0);
  const more = optional(summary, training);
  const steps = lineCharts(summary, training).conduct.map(lineChart);
  return html`<a class="skip" href="#main">Skip to the content</a>
<header class="masthead" id="top"><p class="kicker">Experiment report</p>
<h1><bdi>${manifest.experiment}</bdi></h1><p class="claim"><bdi>${manifest.claim}</bdi></p></header>
<main id="main" tabindex="-1"><div id="overview">${contents(
    records,
    more.map(([id, title]) => [id, title]),
  )}
${section('results', 'Results', html`${atlasNote(summary)}${headlineTable(summary)}<h3>Exact match by set and agent</h3>${chart()}<details class="twin"><summary>The chart as a table</summary>${chartTwin(summary)}</details>`)}
${more.map(([id, title, content]) => section(id, title, content))}
${section('conduct', 'How the agents went about it', html`${conductTable(summary)}<h3>Action steps</h3><div class="charts">${steps}</div>${stepTable(summary)}`)}
${section('paper', 'The paper’s printed rows', paperSection(summary))}
${section('notes', 'Notes', notes(manifest))}
${section('trajectories', 'Trajectories', trajectories ? browser() : left(manifest))}
</div><article id="trajectory" hidden aria-labelledby="trajectory-title"></article></main>
<footer id="origin" aria-labelledby="origin-title"><h2 id="origin-title">Where this comes from</h2>${origin(manifest, generatedBy)}</footer>`;
};
