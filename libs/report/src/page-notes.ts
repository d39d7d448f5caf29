import type { Manifest } from '@coa/core';
import { type Html, html } from './markup.ts';

const fact = (name: string, value: string | number): Html =>
  html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`;

const metricNotes = `EM (exact match) and F1 follow each set’s own official rule. The released reward is the paper’s training reward, looser than EM: it also pays where 70 % of a gold answer’s words occur. Intervals: Wilson’s for shares with one value per question, otherwise a bootstrap over questions; the average’s is composed from its parts (MOVER).`;

const primerNote = html`<p class="note">A set named primer-… comes from the primer: passages and questions written for this lab, used where the original set is not at hand. Its numbers say that everything works, and compare the agents with each other; they say nothing about the original set.</p>`;

/** What was run and how it was measured. */
export const notes = (manifest: Manifest): Html => html`
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

/** What made the numbers: the command, the commit, the machine, all of the manifest. */
export const origin = (manifest: Manifest, generatedBy: string): Html => html`
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
