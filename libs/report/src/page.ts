import type { Manifest } from '@coa/core';
import { chartPlace, twin, withoutScript } from './chart-html.ts';
import { atlasNote } from './evidence-tables.ts';
import { type Html, type HtmlPart, html } from './markup.ts';
import { grouped } from './numerals.ts';
import { notes, origin } from './page-notes.ts';
import { figure3Charts } from './paper-figure3.ts';
import { unprintedNote } from './paper-table.ts';
import { type ReportFacts, reportTables } from './report-tables.ts';
import type { Table } from './table.ts';
import { glued, tableHtml } from './table-html.ts';
import { headlineTable } from './tables.ts';
import { trainingCharts } from './training-curves.ts';

export type PageParts = ReportFacts & {
  /** Whether the page holds trajectories. */
  readonly trajectories: boolean;
  readonly generatedBy: string;
};

type Section = { readonly id: string; readonly title: string; readonly content: HtmlPart };

const sectionHtml = ({ id, title, content }: Section): Html => html`
<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title" data-part>${title}</h2>${content}</section>`;

const note = (text: string | null): Html | null =>
  text === null ? null : html`<p class="note">${glued(text)}</p>`;

const browser = html`
<div id="browser"><p id="count">Loading the list…</p></div>
<noscript><p class="note">Reading single trajectories needs JavaScript; the tables above do not.</p></noscript>`;

const left = ({ runId }: Manifest): Html =>
  html`<p class="note">This copy holds no trajectories; <code>coa report ${runId}</code> writes the whole page from the run store.</p>`;

/** The chart of every set and agent; the client has its data. */
const resultsChart = { id: 'chart', title: 'Exact match by set and agent', table: 'results' };

type MaybeSection = Section & { readonly when: boolean };
type Shown = { readonly tables: ReadonlyMap<string, Table>; readonly parts: PageParts };

/** A section of tables, where the first of them is there. */
const ofTables = ({ tables }: Shown, id: string, title: string, ids: readonly string[]) => ({
  ...{ id, title },
  content: ids.map((name) => {
    const table = tables.get(name);
    return table ? tableHtml(table) : null;
  }),
  when: tables.has(ids[0]!),
});

const resultsSection = (shown: Shown): MaybeSection => {
  const { content } = ofTables(shown, 'results', '', ['results']);
  return {
    ...{ id: 'results', title: 'Results', when: true },
    content: html`${note(atlasNote(shown.parts.summary))}${chartPlace(resultsChart, 'dots')}${withoutScript}${content}`,
  };
};

const paperSections = (shown: Shown): MaybeSection[] => {
  const { summary } = shown.parts;
  const table1 = ofTables(shown, 'paper', 'Beside the paper’s Table 1', ['table1']);
  const figure3 = figure3Charts(summary).map((chart) => chartPlace(chart, 'lines'));
  const inNumbers = (id: string, name: string) => twin(shown.tables.get(id), `${name} in numbers`);
  return [
    { ...table1, content: [table1.content, note(unprintedNote(summary))], when: true },
    {
      ...{ id: 'figure3', title: 'Success by action steps', when: figure3.length > 0 },
      content: html`<div class="charts">${figure3}</div>${inNumbers('figure3a', 'Figure 3a')}${inNumbers('figure3b', 'Figure 3b')}`,
    },
    ofTables(shown, 'knowledge', 'Known and unknown', ['knowledge', 'table2']),
  ];
};

const trainingSection = ({ tables, parts: { training } }: Shown): MaybeSection => {
  const curves = trainingCharts(training).map(
    (chart) => html`<div>${chartPlace(chart, 'lines')}${twin(tables.get(chart.table))}</div>`,
  );
  return {
    ...{ id: 'training', title: 'Training', when: training.length > 0 },
    content: html`<div class="charts">${curves}</div>${twin(tables.get('training'), 'The first and the last of every curve')}`,
  };
};

/** The sections that have something to say. */
const sectionsOf = (parts: PageParts): Section[] => {
  const shown = { parts, tables: new Map(reportTables(parts).map((one) => [one.id, one])) };
  const all: readonly MaybeSection[] = [
    resultsSection(shown),
    ofTables(shown, 'deltas', `Against ${parts.summary.deltas?.baseline}`, ['deltas']),
    ofTables(shown, 'claims', 'The paper’s claims', ['claims']),
    ...paperSections(shown),
    trainingSection(shown),
    ofTables(shown, 'fidelity', 'The world model', ['fidelity']),
    ofTables(shown, 'conduct', 'How the agents went about it', ['conduct', 'hops', 'steps']),
  ];
  return all.filter(({ when }) => when);
};

const contents = (sections: readonly Section[]): Html => html`
<nav class="contents" id="contents" data-part aria-label="Contents"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}<li><a href="#origin">Where this comes from</a></li></ul></nav>`;

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
export const lineCharts = ({ summary, training }: Pick<ReportFacts, 'summary' | 'training'>) => [
  ...figure3Charts(summary),
  ...trainingCharts(training),
];
