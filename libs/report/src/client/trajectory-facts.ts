import { element, isolated } from './dom.ts';
import { outcomeOf } from './find.ts';
import { outcomeBadge } from './list.ts';
import type { TrajectoryView } from './payload.ts';
import { stopTexts } from './steps.ts';

const fact = (name: string, ...values: readonly string[]): HTMLElement =>
  element(
    'div',
    {},
    element('dt', {}, name),
    ...values.map((value) => element('dd', {}, isolated(value))),
  );

const metricText = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return 'not defined';
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
};

/** Values of every metric, a column for each trajectory. */
export const metricTable = (views: readonly TrajectoryView[]): HTMLElement => {
  const ids = [...new Set(views.flatMap(({ metrics }) => Object.keys(metrics)))];
  const names = views.length === 1 ? ['Value'] : views.map(({ arm }) => arm);
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Metric'),
    ...names.map((name) => element('th', { scope: 'col', class: 'number' }, isolated(name))),
  );
  const rows = ids.map((id) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, isolated(id)),
      ...views.map(({ metrics }) => element('td', { class: 'number' }, metricText(metrics[id]))),
    ),
  );
  return element(
    'table',
    { class: 'metrics' },
    element('caption', {}, 'Metrics'),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
};

/** What was asked: the same for every trajectory of a question. */
export const questionFacts = ({ question }: TrajectoryView): HTMLElement[] => {
  const supports = question.supporting.map(({ title, passageId }) =>
    passageId === undefined ? title : `${title} (${passageId})`,
  );
  return [
    fact('Accepted answers', ...question.golds),
    ...(supports.length > 0 ? [fact('Gold passages', ...supports)] : []),
    ...(question.known === undefined
      ? []
      : [
          fact(
            'Knowledge',
            question.known ? 'known to the base model' : 'unknown to the base model',
          ),
        ]),
  ];
};

/** What became of it. */
export const attemptFacts = ({ ended, seed, repeat, seconds }: TrajectoryView): HTMLElement[] => [
  ...(ended.kind === 'rollout'
    ? [
        fact('Prediction', ended.prediction ?? 'no answer'),
        fact('Ended', stopTexts[ended.stop]),
        fact(
          'Tokens',
          `${ended.usage.completionTokens} written, ${ended.usage.promptTokens} read, ${ended.usage.requests} requests`,
        ),
        fact('Protocol', ended.protocol),
      ]
    : []),
  fact('Seed', `${seed}, repeat ${repeat + 1}`),
  ...(seconds === null ? [] : [fact('Time', `${seconds.toFixed(1)} s`)]),
];

export const facts = (...items: readonly HTMLElement[]): HTMLElement =>
  element('dl', { class: 'facts' }, ...items);

/** What became of a trajectory, in a word. */
export const viewBadge = ({ metrics, ended }: TrajectoryView): HTMLElement =>
  outcomeBadge(outcomeOf(metrics.exactMatch, ended.kind === 'error'));

/** Shown in place of steps where there was an error. */
export const errorParts = (ended: TrajectoryView['ended'] & { kind: 'error' }): HTMLElement[] => [
  element('h3', {}, `No trajectory: an error after ${ended.attempts} attempts`),
  element('pre', { class: 'code' }, element('code', {}, ended.message)),
];
