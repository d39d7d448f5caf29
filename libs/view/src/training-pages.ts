import {
  chartPlace,
  type Html,
  html,
  inert,
  lineTable,
  pack,
  tableBlock,
  tableHtml,
  trainingCharts,
  trusted,
} from '@coa/report';
import type { TrainingListing, TrainingRollout, TrainingStep } from '@coa/store';
import { type CardCell, type CardColumn, cardTable } from './card-table.ts';
import { decimal, minute } from './numbers.ts';
import type { Reply } from './reply.ts';
import { page, segment } from './shell.ts';
import { groupsOf, type RolloutGroup } from './training-state.ts';

const isDone = ({ step, steps }: TrainingListing): boolean => step !== null && step === steps;

const progressOf = ({ step, steps }: TrainingListing): Html =>
  step === null || steps === null
    ? html`no step yet`
    : html`<progress max="${steps}" value="${step}" aria-label="Steps"></progress> ${step} of ${steps} steps`;

const listRow = (training: TrainingListing, base: string): CardCell[] => [
  html`<a href="${base}/training/${segment(training.key)}"><bdi>${training.stage}</bdi></a>`,
  training.seed,
  progressOf(training),
  minute(training.startedAt),
  html`<code>${training.key.slice(0, 12)}</code>`,
];

const listColumns: readonly CardColumn[] = [
  { label: 'Stage' },
  { label: 'Seed', class: 'number' },
  { label: 'Progress' },
  { label: 'Started', class: 'time' },
  { label: 'Key' },
];

/** Every training of the store, the last started first. */
export const trainingsPage = (trainings: readonly TrainingListing[], base: string): Reply =>
  page({
    title: 'Trainings',
    ...{ base, kind: 'list', live: true },
    content: html`<main id="main" tabindex="-1"><h1>Trainings</h1><div id="trainings" data-part>${
      trainings.length === 0
        ? html`<p>Nothing was trained yet.</p>`
        : cardTable({
            ...{ name: 'Trainings', caption: 'Times are UTC.', columns: listColumns },
            rows: trainings.map((training) => listRow(training, base)),
          })
    }</div></main>`,
  });

const member = (
  { number, reward, advantage, rollout }: RolloutGroup['members'][number],
  address: string,
): Html => {
  const { steps, stop } = rollout.trajectory;
  const actions = steps.filter(({ kind }) => kind === 'action').length;
  const answer = steps.findLast(({ kind }) => kind === 'answer');
  return html`<tr><th scope="row"><a href="${address}#t=${number}"><bdi>${answer?.kind === 'answer' ? answer.text || '(empty)' : 'no answer'}</bdi></a></th>
<td class="number">${decimal(reward)}</td><td class="number">${decimal(advantage)}</td><td class="number">${actions}</td><td>${stop}</td></tr>`;
};

const groupTable = ({ group, members }: RolloutGroup, address: string): Html => {
  const { question } = members[0]!.rollout.trajectory;
  const same = members.every(({ reward }) => reward === members[0]!.reward);
  return html`<tbody><tr class="group"><th scope="rowgroup" colspan="5"><bdi>${question.text}</bdi> <span class="small">group ${group + 1}; accepted: <bdi>${question.golds.join(' | ')}</bdi>${same && '; all rewards are the same'}</span></th></tr>
${members.map((one) => member(one, address))}</tbody>`;
};

/** Groups of a step with rewards and advantages; each rollout leads to its trajectory. */
const rolloutTable = (rollouts: readonly TrainingRollout[], address: string): Html => html`
<div class="frame" role="region" aria-label="Rollouts" tabindex="0"><table class="rollouts">
<caption>Each group answered one question; its rewards are compared with each other.</caption>
<thead><tr><th scope="col">Answer</th><th scope="col" class="number">Reward</th><th scope="col" class="number">Advantage</th><th scope="col" class="number">Actions</th><th scope="col">Ended</th></tr></thead>
${groupsOf(rollouts).map((group) => groupTable(group, address))}</table></div>`;

/** What a step did, and how fast, under one name each. */
const curveOf = ({ stage, seed }: TrainingListing, steps: readonly TrainingStep[]) => ({
  stage,
  seed,
  steps: steps.map(({ step, numbers, timing }) => ({ step, numbers: { ...timing, ...numbers } })),
});

export type TrainingPageParts = {
  readonly base: string;
  readonly training: TrainingListing;
  readonly steps: readonly TrainingStep[];
  readonly newest: { readonly step: number; readonly rollouts: readonly TrainingRollout[] } | null;
};

const lastNumbers = (steps: readonly TrainingStep[]): Html | false => {
  const last = steps.at(-1);
  return (
    last !== undefined &&
    html`<dl class="facts numbers">${Object.entries({ ...last.numbers, ...last.timing }).map(
      ([name, value]) => html`<div><dt><bdi>${name}</bdi></dt><dd>${decimal(value)}</dd></div>`,
    )}</dl>`
  );
};

/** A training: how far it is, its curves, and the newest rollouts it learnt from. */
export const trainingPage = ({ base, training, steps, newest }: TrainingPageParts): Reply => {
  const address = `${base}/training/${segment(training.key)}`;
  const charts = trainingCharts([curveOf(training, steps)]);
  const tables = charts.map(lineTable);
  return page({
    title: `${training.stage}, seed ${training.seed}`,
    ...{ base, kind: 'charts', live: !isDone(training) },
    content: html`<main id="main" tabindex="-1"><p class="kicker">Training</p><h1><bdi>${training.stage}</bdi>, seed ${training.seed}</h1>
<div id="progress" data-part><p class="progress-line">${progressOf(training)} <span class="quiet">started ${minute(training.startedAt)} UTC</span></p></div>
<nav class="contents" aria-label="Contents"><ul><li><a href="#curves-title">Curves</a></li><li><a href="#newest-title">Newest rollouts</a></li><li><a href="#last-title">The last step in numbers</a></li><li><a href="#recipe-title">Recipe</a></li></ul></nav>
<section aria-labelledby="curves-title"><h2 id="curves-title">Curves</h2><div class="charts">${charts.map((chart, i) => html`<div>${chartPlace(chart, 'lines')}<details class="twin"><summary>The same in numbers</summary>${tableHtml(tables[i]!)}</details></div>`)}</div></section>
<section aria-labelledby="newest-title"><h2 id="newest-title">Newest rollouts</h2><div id="newest" data-part>${
      newest === null
        ? html`<p class="note">This training kept no rollouts: it learnt from written examples.</p>`
        : html`<p>Step ${newest.step}. <a href="${address}/step/${newest.step}">All of this step, with their tokens</a></p>${rolloutTable(newest.rollouts, `${address}/step/${newest.step}`)}`
    }</div></section>
<section aria-labelledby="last-title"><h2 id="last-title">The last step in numbers</h2><div id="last" data-part>${lastNumbers(steps)}</div></section>
<section aria-labelledby="recipe-title"><h2 id="recipe-title">Recipe</h2><details><summary>What was trained</summary><pre class="code"><code>${JSON.stringify(training.recipe, null, 2)}</code></pre></details></section></main>
${trusted(inert({ name: 'lines', packed: pack(charts) }))}${trusted(inert(tableBlock(tables)))}`,
  });
};

const stepLinks = (address: string, step: number, last: number): Html => {
  const places = [...new Set([1, step - 1, step, step + 1, last])].filter(
    (at) => at >= 1 && at <= last,
  );
  return html`<nav class="pager" aria-label="Steps">${places.map((at) => html`<a href="${address}/step/${at}"${at === step && html` aria-current="page"`}>Step ${at}</a>`)}</nav>`;
};

export type StepPageParts = {
  readonly base: string;
  readonly training: TrainingListing;
  readonly step: number;
  readonly rollouts: readonly TrainingRollout[];
};

/** The rollouts of one step. */
export const stepPage = ({ base, training, step, rollouts }: StepPageParts): Reply => {
  const address = `${base}/training/${segment(training.key)}`;
  const here = `${address}/step/${step}`;
  return page({
    title: `Step ${step} of ${training.stage}`,
    ...{ base, kind: 'rollouts', live: false, source: `${here}/source` },
    content: html`<main id="main" tabindex="-1"><div id="overview"><p class="kicker"><a href="${address}"><bdi>${training.stage}</bdi>, seed ${training.seed}</a></p>
<h1>Step ${step}</h1>${stepLinks(address, step, training.step ?? step)}
${rollouts.length === 0 ? html`<p class="note">No rollouts of this step are stored.</p>` : rolloutTable(rollouts, '')}
<section id="trajectories" aria-labelledby="trajectories-title"><h2 id="trajectories-title">Search them</h2><div id="browser"><p>Loading the list…</p></div></section>
</div><article id="trajectory" hidden aria-labelledby="trajectory-title"></article></main>`,
  });
};
