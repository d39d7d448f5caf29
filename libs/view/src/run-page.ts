import type { RunRecord } from '@coa/core';
import {
  type Html,
  html,
  inert,
  pageBlocks,
  pageBody,
  type TrainingCurve,
  trusted,
} from '@coa/report';
import type { RunListing, RunTraining } from '@coa/store';
import { minute, percent } from './numbers.ts';
import type { Reply } from './reply.ts';
import type { RunState } from './run-state.ts';
import { page, segment } from './shell.ts';

/** The last stored record, and the name by which it is read again. */
export type NewRecord = { readonly id: number; readonly record: RunRecord };

const said = ({ outcome }: RunRecord): string => {
  if (outcome.kind === 'error') return outcome.message;
  const answer = outcome.rollout.trajectory.steps.findLast(({ kind }) => kind === 'answer');
  return answer?.kind === 'answer' ? answer.text : 'no answer';
};

const outcomeOf = ({ outcome, metrics }: RunRecord): 'right' | 'wrong' | 'error' | 'not scored' => {
  if (outcome.kind === 'error') return 'error';
  const { exactMatch = null } = metrics;
  if (exactMatch === null) return 'not scored';
  return exactMatch === 1 ? 'right' : 'wrong';
};

const signs = { right: '✓', wrong: '✗', error: '!', 'not scored': '–' } as const;

const questionOf = ({ outcome }: RunRecord) =>
  outcome.kind === 'error' ? outcome.question : outcome.rollout.trajectory.question;

const newestItem = ({ record }: NewRecord, href: string): Html => {
  const outcome = outcomeOf(record);
  const { text, dataset } = questionOf(record);
  return html`<li><a href="${href}"><bdi>${text || '(empty question)'}</bdi></a>
<p class="said${outcome === 'error' && ' failed'}"><bdi>${said(record)}</bdi></p>
<p class="meta"><span class="badge" data-outcome="${outcome}"><span aria-hidden="true">${signs[outcome]}</span> ${outcome}</span> <bdi>${dataset}</bdi> <bdi>${record.arm}</bdi></p></li>`;
};

const newestList = (newest: readonly NewRecord[], address: string): Html => {
  const ids = newest.map(({ id }) => id).join(',');
  return html`<h2>Newest attempts</h2><ol class="list newest">${newest.map((one, i) => newestItem(one, `${address}/records?ids=${ids}#t=${i}`))}</ol>`;
};

const progressLine = (
  { status, rollouts, errors, planned }: RunListing,
  writing: boolean,
): Html => {
  const done = rollouts + errors;
  const state =
    status === 'finished'
      ? 'finished'
      : writing
        ? 'being written now'
        : 'unfinished, and nobody writes it';
  return html`<p class="progress-line"><b>${state}</b> <progress max="${Math.max(planned, done, 1)}" value="${done}" aria-label="Attempts stored"></progress> ${done} of ${planned} attempts, ${errors} errors (${percent(done === 0 ? null : errors / done)} %)</p>`;
};

const compareLinks = (run: RunListing, base: string): Html | false => {
  const [first, ...others] = run.arms.filter(({ rollouts }) => rollouts > 0);
  if (first === undefined) return false;
  const side = (arm: string): string => segment(`${run.runId}:${arm}`);
  return html`<ul class="links">${others.map(
    ({ name }) =>
      html`<li><a href="${base}/compare?a=${side(first.name)}&amp;b=${side(name)}">Compare <bdi>${name}</bdi> with <bdi>${first.name}</bdi></a></li>`,
  )}<li><a href="${base}/compare?a=${side(first.name)}">Compare <bdi>${first.name}</bdi> with another run</a></li></ul>`;
};

const trainingLinks = (trainings: readonly RunTraining[], base: string): Html | false => {
  const once = [...new Map(trainings.map((one) => [one.key, one])).values()];
  return (
    once.length > 0 &&
    html`<ul class="links">${once.map(
      ({ key, stage, seed }) =>
        html`<li><a href="${base}/training/${segment(key)}">Training <bdi>${stage}</bdi>, seed ${seed}</a></li>`,
    )}</ul>`
  );
};

export type RunPageParts = {
  readonly base: string;
  readonly listing: RunListing;
  readonly writing: boolean;
  readonly state: RunState;
  readonly curves: readonly TrainingCurve[];
  readonly trainings: readonly RunTraining[];
  /** Empty where the run is finished. */
  readonly newest: readonly NewRecord[];
};

/** A run: how far it is, then its report, fed by this server. */
export const runPage = (parts: RunPageParts): Reply => {
  const { base, listing, writing, state, curves, trainings, newest } = parts;
  const { manifest, summary } = state;
  const address = `${base}/run/${segment(listing.runId)}`;
  const report = {
    manifest,
    summary,
    training: curves,
    trajectories: true,
    generatedBy: 'coa view',
  };
  const live = listing.status !== 'finished';
  return page({
    title: listing.runId,
    ...{ base, kind: 'run', live, source: `${address}/source`, list: state.version, ownSkip: true },
    content: html`<div class="run-head"><p><b><bdi>${listing.runId}</bdi></b> <span class="quiet">started ${minute(listing.startedAt)} UTC</span>${listing.labels.map((label) => html` <span class="label"><bdi>${label}</bdi></span>`)}</p>
<div id="progress" data-part>${progressLine(listing, writing)}</div>
${compareLinks(listing, base)}${trainingLinks(trainings, base)}
<div id="newest" data-part>${newest.length > 0 && newestList(newest, address)}</div></div>
${pageBody(report)}${pageBlocks(report).map((block) => trusted(inert(block)))}`,
  });
};
