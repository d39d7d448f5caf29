import { element, isolated } from './dom.ts';
import { outcomeOf } from './find.ts';
import { outcomeBadge } from './list.ts';
import type { TrajectoryView } from './payload.ts';
import { stepItem, stopTexts } from './steps.ts';

const fact = (name: string, ...values: readonly string[]): HTMLElement =>
  element(
    'div',
    {},
    element('dt', {}, name),
    ...values.map((value) => element('dd', {}, isolated(value))),
  );

const metricText = (value: number | null): string => {
  if (value === null) return 'not defined';
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
};

const metricTable = ({ metrics }: TrajectoryView): HTMLElement =>
  element(
    'table',
    { class: 'metrics' },
    element('caption', {}, 'Metrics'),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, 'Metric'),
        element('th', { scope: 'col', class: 'number' }, 'Value'),
      ),
    ),
    element(
      'tbody',
      {},
      ...Object.entries(metrics).map(([id, value]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, isolated(id)),
          element('td', { class: 'number' }, metricText(value)),
        ),
      ),
    ),
  );

const supportTexts = ({ question }: TrajectoryView): string[] =>
  question.supporting.map(({ title, passageId }) =>
    passageId === undefined ? title : `${title} (${passageId})`,
  );

const facts = (view: TrajectoryView): HTMLElement => {
  const { question, ended } = view;
  const supports = supportTexts(view);
  return element(
    'dl',
    { class: 'facts' },
    ...(ended.kind === 'rollout' ? [fact('Prediction', ended.prediction ?? 'no answer')] : []),
    fact('Accepted answers', ...question.golds),
    ...(supports.length > 0 ? [fact('Gold passages', ...supports)] : []),
    ...(ended.kind === 'rollout' ? [fact('Ended', stopTexts[ended.stop])] : []),
    ...(ended.kind === 'rollout'
      ? [
          fact(
            'Tokens',
            `${ended.usage.completionTokens} written, ${ended.usage.promptTokens} read, ${ended.usage.requests} requests`,
          ),
          fact('Protocol', ended.protocol),
        ]
      : []),
    fact('Seed', `${view.seed}, repeat ${view.repeat + 1}`),
    ...(view.seconds === null ? [] : [fact('Time', `${view.seconds.toFixed(1)} s`)]),
  );
};

const steps = (view: TrajectoryView): HTMLElement[] => {
  const { question, ended } = view;
  if (ended.kind === 'error') {
    return [
      element('h3', {}, `No trajectory: an error after ${ended.attempts} attempts`),
      element('pre', { class: 'code' }, element('code', {}, ended.message)),
    ];
  }
  const forced = ended.stop !== 'answered';
  return [
    element('h3', {}, 'Steps'),
    ended.steps.length === 0 && element('p', {}, 'The model wrote nothing.'),
    element(
      'ol',
      { class: 'steps' },
      ...ended.steps.map((step) => stepItem(question, step, forced)),
    ),
  ].filter((node) => node !== false);
};

const neighbours = (number: number, count: number, back: string): HTMLElement =>
  element(
    'nav',
    { class: 'pager', 'aria-label': 'Trajectories' },
    element('a', { href: back }, 'All trajectories'),
    number > 0 && element('a', { href: `#t=${number - 1}` }, '← Previous'),
    number < count - 1 && element('a', { href: `#t=${number + 1}` }, 'Next →'),
  );

/** Everything about one trajectory; `back` is the list's address. */
export const trajectoryPage = (
  view: TrajectoryView,
  at: { readonly number: number; readonly count: number; readonly back: string },
): HTMLElement[] => {
  const { question, arm, ended } = view;
  return [
    neighbours(at.number, at.count, at.back),
    element(
      'h2',
      { id: 'trajectory-title', tabindex: '-1' },
      isolated(question.text || '(empty question)'),
    ),
    element(
      'p',
      { class: 'meta' },
      outcomeBadge(outcomeOf(view.metrics.exactMatch, ended.kind === 'error')),
      isolated(question.dataset),
      isolated(arm),
      isolated(question.id),
    ),
    facts(view),
    ...steps(view),
    metricTable(view),
  ];
};

/** Shown where there is no such trajectory. */
export const missingPage = (number: number, back: string): HTMLElement[] => [
  element('h2', { id: 'trajectory-title', tabindex: '-1' }, `There is no trajectory ${number}`),
  element('p', {}, element('a', { href: back }, 'All trajectories')),
];
