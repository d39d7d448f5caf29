import type { Manifest } from '@coa/core';
import { chartPlace, twin, withoutScript } from './chart-html.ts';
import { atlasNote } from './evidence-tables.ts';
import { type Html, type HtmlPart, html } from './markup.ts';
import { grouped } from './numerals.ts';
import { notes, origin } from './page-notes.ts';
import { figure3Charts } from './paper-figure3.ts';
import { unprintedNote } from './paper-table.ts';
import { reportTables } from './report-tables.ts';
import type { Summary } from './summary.ts';
import { tableHtml } from './table-html.ts';
import { headlineTable } from './tables.ts';
import { type TrainingCurve, trainingCharts } from './training-curves.ts';

export type PageParts = {
  readonly summary: Summary;
  readonly manifest: Manifest;
  readonly training: readonly TrainingCurve[];
  /** Whether the page holds trajectories. */
  readonly trajectories: boolean;
  readonly generatedBy: string;
};

type Section = { readonly id: string; readonly title: string; readonly content: HtmlPart };

const sectionHtml = ({ id, title, content }: Section): Html => html`
<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`;

const note = (text: string | null): Html | null =>
  text === null ? null : html`<p class="note">${text}</p>`;

const browser = html`
<div id="browser"><p id="count">Loading the list…</p></div>
<noscript><p class="note">Reading single trajectories needs JavaScript; the tables above do not.</p></noscript>`;

const left = ({ runId }: Manifest): Html =>
  html`<p class="note">This copy holds no trajectories; <code>coa report ${runId}</code> writes the whole page from the run store.</p>`;

/** The chart of every set and agent; the client has its data. */
const resultsChart = { id: 'chart', title: 'Exact match by set and agent', table: 'results' };

/** What there is to show of a run: its tables by id, and the sections that have something to say. */
const sectionsOf = ({ summary, manifest, training }: PageParts): Section[] => {
  const tables = new Map(reportTables(summary, manifest, training).map((one) => [one.id, one]));
  const shown = (id: string): Html | null => {
    const table = tables.get(id);
    return table === undefined ? null : tableHtml(table);
  };
  const figure3 = figure3Charts(summary).map((chart) => chartPlace(chart, 'lines'));
  const curves = trainingCharts(training).map(
    (chart) => html`<div>${chartPlace(chart, 'lines')}${twin(tables.get(chart.table))}</div>`,
  );
  const results = html`${note(atlasNote(summary))}${chartPlace(resultsChart, 'dots')}${withoutScript}${shown('results')}`;
  const all: readonly (Section & { readonly when: boolean })[] = [
    { id: 'results', title: 'Results', content: results, when: true },
    {
      id: 'deltas',
      title: `Against ${summary.deltas?.baseline}`,
      content: shown('deltas'),
      when: tables.has('deltas'),
    },
    {
      id: 'claims',
      title: 'The paper’s claims',
      content: shown('claims'),
      when: tables.has('claims'),
    },
    {
      id: 'paper',
      title: 'Beside the paper’s Table 1',
      content: [shown('table1'), note(unprintedNote(summary))],
      when: true,
    },
    {
      id: 'figure3',
      title: 'Success by action steps',
      content: html`<div class="charts">${figure3}</div>${twin(tables.get('figure3a'), 'Figure 3a in numbers')}${twin(tables.get('figure3b'), 'Figure 3b in numbers')}`,
      when: figure3.length > 0,
    },
    {
      id: 'knowledge',
      title: 'Known and unknown',
      content: [shown('knowledge'), shown('table2')],
      when: tables.has('knowledge'),
    },
    {
      id: 'training',
      title: 'Training',
      content: html`<div class="charts">${curves}</div>${twin(tables.get('training'), 'The first and the last of every curve')}`,
      when: training.length > 0,
    },
    {
      id: 'conduct',
      title: 'How the agents went about it',
      content: [shown('conduct'), shown('steps')],
      when: true,
    },
  ];
  return all.filter(({ when }) => when);
};

const contents = (sections: readonly Section[]): Html => html`
<nav class="contents" aria-label="Contents"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}<li><a href="#origin">Where this comes from</a></li></ul></nav>`;

const masthead = ({ summary, manifest }: PageParts): Html => {
  const questions = manifest.datasets.reduce((sum, one) => sum + one.questions, 0);
  return html`<header class="masthead" id="top"><p class="kicker">CoA Lab · experiment report</p>
<h1><bdi>${manifest.experiment}</bdi></h1><p class="claim"><bdi>${manifest.claim}</bdi></p>
<p class="byline"><bdi>${manifest.model.name}</bdi> · ${grouped(questions)} questions × ${manifest.repeats} · seed ${manifest.rootSeed} · ${manifest.startedAt.slice(0, 10)}</p>
<div class="headline">${tableHtml(headlineTable(summary))}</div></header>`;
};

/** Everything a reader sees before any script runs; the trajectory's own page is filled in by the client. */
export const pageBody = (parts: PageParts): Html => {
  const { summary, manifest, generatedBy, trajectories } = parts;
  const records = summary.averages.reduce((sum, { n, errors }) => sum + n + errors, 0);
  const sections: readonly Section[] = [
    ...sectionsOf(parts),
    { id: 'notes', title: 'Notes', content: notes(manifest) },
    {
      id: 'trajectories',
      title: records === 1 ? '1 trajectory' : `${grouped(records)} trajectories`,
      content: trajectories ? browser : left(manifest),
    },
  ];
  return html`<a class="skip" href="#main">Skip to the content</a>
${masthead(parts)}
<main id="main" tabindex="-1"><div id="overview" class="with-side">${contents(sections)}
<div class="sections">${sections.map(sectionHtml)}</div></div>
<article id="trajectory" hidden aria-labelledby="trajectory-title"></article></main>
<footer id="origin" aria-labelledby="origin-title"><h2 id="origin-title">Where this comes from</h2>${origin(manifest, generatedBy)}</footer>`;
};

/** The page's line charts. */
export const lineCharts = ({ summary, training }: Pick<PageParts, 'summary' | 'training'>) => [
  ...figure3Charts(summary),
  ...trainingCharts(training),
];
