import type { ClaimResult } from '@coa/metrics';
import { type Html, html } from './markup.ts';
import { decimal, grouped, percent, percentRange } from './numerals.ts';
import type { KnowledgeRow, Summary } from './summary.ts';
import { framed, group } from './tables.ts';
import { type TrainingCurve, trainingRows } from './training-curves.ts';

/** Said wherever numbers of the embedded world stand. */
export const atlasNote = ({ datasets }: Summary): Html | null =>
  datasets.some((name) => name.startsWith('atlas-'))
    ? html`<p class="note">Sets named atlas-… are analogues of the paper’s sets: questions over Atlas, an invented encyclopaedia that comes with this lab. They compare agents with each other and say nothing about the original sets.</p>`
    : null;

const knowledgeLine = ({ known, n, exactMatch, searches }: KnowledgeRow): Html => html`<tr>
<th scope="row">${known ? 'known' : 'unknown'}</th><td class="number"><b>${percent(exactMatch.mean)}</b> <span class="range">${percentRange(exactMatch)}</span></td>
<td class="number">${decimal(searches)}</td><td class="number">${grouped(n)}</td></tr>`;

/** Exact match and searches on what the base model has read about, and on what it cannot know. */
export const knowledgeTable = ({ knowledge }: Summary): Html =>
  framed(
    'knowledge-caption',
    'Rollouts of all sets together, by whether the base model read about the question’s entities in pretraining: exact match with its 95 % interval, and mean searches (on known entities they may be needless).',
    html`<thead><tr><th scope="col">Entities</th><th scope="col" class="number">EM % <span class="range">95 %</span></th>
<th scope="col" class="number">Searches</th><th scope="col" class="number">n</th></tr></thead>
${[...new Set(knowledge.map(({ arm }) => arm))].map((arm) =>
  group(arm, 4, knowledge.filter((row) => row.arm === arm).map(knowledgeLine)),
)}`,
  );

const signs = { reproduced: '✓', contradicted: '✗', undecided: '?' } as const;

const pValue = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

const points = (share: number): string => `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)}`;

const claimLine = (result: ClaimResult): Html => html`<tr>
<th scope="row">${result.claim.id}. ${result.claim.text}<br><span class="range">${result.claim.reading}</span></th>
<td><b class="verdict ${result.verdict}">${signs[result.verdict]} ${result.verdict}</b></td>
<td class="number">${points(result.effect)} <span class="range">${points(result.low)} to ${points(result.high)}</span></td>
<td class="number">${pValue(result.adjusted)}</td><td class="number">${grouped(result.questions)} × ${result.seeds}</td></tr>`;

/** Each claim with its verdict, effect, interval and corrected p. */
export const claimsTable = ({ claims }: Summary): Html =>
  framed(
    'claims-caption',
    'The paper’s claims as tests on these arms. Effect: how far above its bound the tested quantity lies, in points, with a 95 % interval; p is one-sided, from 2,000 bootstrap resamples of questions within sets (a question’s seeds stay together, so differences between further seeds are not in it), corrected by Holm over the claims shown. Reproduced: p below 0.05. Contradicted: the whole interval is below 0.',
    html`<thead><tr><th scope="col">Claim, and how it is read</th><th scope="col">Verdict</th>
<th scope="col" class="number">Effect <span class="range">95 %</span></th><th scope="col" class="number">p</th>
<th scope="col" class="number">Questions × seeds</th></tr></thead><tbody>${claims.map(claimLine)}</tbody>`,
  );

/** The training curves in numbers. */
export const trainingTable = (training: readonly TrainingCurve[]): Html => {
  const rows = trainingRows(training);
  return framed(
    'training-caption',
    'Each stage’s numbers, means over its seeds: of the first and of the last tenth of its steps.',
    html`<thead><tr><th scope="col">Number</th><th scope="col" class="number">First</th><th scope="col" class="number">Last</th>
<th scope="col" class="number">Steps</th><th scope="col" class="number">Seeds</th></tr></thead>
${[...new Set(rows.map(({ stage }) => stage))].map((stage) =>
  group(
    stage,
    5,
    rows
      .filter((row) => row.stage === stage)
      .map(
        ({ title, first, last, steps, seeds }) => html`<tr><th scope="row">${title}</th>
<td class="number">${first.toFixed(3)}</td><td class="number">${last.toFixed(3)}</td><td class="number">${grouped(steps)}</td><td class="number">${seeds}</td></tr>`,
      ),
  ),
)}`,
  );
};
