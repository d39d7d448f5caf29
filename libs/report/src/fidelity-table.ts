import type { Estimate } from './macro-average.ts';
import type { Cell, Column, Table } from './table.ts';
import { oneDecimal, percentCell } from './tables.ts';

/** Calls by what holds what is looked for: both observations, one of them, or neither. */
export type PresenceCounts = Readonly<
  Record<'both' | 'real only' | 'simulated only' | 'neither', number>
>;

/** How close the observations that a model writes come to the real ones, over calls in one kind of question. */
export type FidelityRow = {
  /** Whose observations. */
  readonly model: string;
  /** Whether the questions' entities were read in pretraining. */
  readonly known: boolean;
  readonly calls: number;
  readonly questions: number;
  /** Token F1 between the simulated and the real observation; means and intervals are over questions. */
  readonly wordF1: Estimate;
  /** Nats a token of what the real environment found, under the model; null where it was not measured. */
  readonly logLikelihood: Estimate | null;
  /** The gold answer; questions of yes or no left out, so that it may be nowhere looked for. */
  readonly gold: PresenceCounts;
  readonly goldReal: Estimate | null;
  readonly goldSimulated: Estimate | null;
  /** The entity that the trajectory needs next, where one is needed. */
  readonly hop: PresenceCounts;
  readonly hopReal: Estimate | null;
  readonly hopSimulated: Estimate | null;
};

const column = (label: string, over: string): Column => ({
  ...{ label, over, format: oneDecimal, interval: '95 %' },
});

const columnsOf = (over: string): Column[] => [
  column('real', over),
  column('simulated', over),
  { label: 'both / real / sim. / neither', over, format: 'text' },
];

const countsOf = (counts: PresenceCounts): string =>
  [counts.both, counts['real only'], counts['simulated only'], counts.neither].join(' / ');

const likelihoodCell = (estimate: Estimate | null): Cell =>
  estimate && { value: estimate.mean, interval: [estimate.low, estimate.high] };

const line = (row: FidelityRow): Cell[] => [
  row.known ? 'known' : 'unknown',
  percentCell(row.wordF1),
  likelihoodCell(row.logLikelihood),
  percentCell(row.goldReal),
  percentCell(row.goldSimulated),
  countsOf(row.gold),
  percentCell(row.hopReal),
  percentCell(row.hopSimulated),
  countsOf(row.hop),
  row.calls,
  row.questions,
];

/** The world model beside the real environment: model by model, on known and on unknown entities. */
export const fidelityTable = (rows: readonly FidelityRow[]): Table => ({
  id: 'fidelity',
  title: 'The world model beside the real environment',
  caption:
    'Every search was answered twice in the same context: by the real environment, and by the model, which writes what it expects. Word F1 between the two, and how often each holds the gold answer (questions of yes or no left out) or the entity that the trajectory needs next, per cent, with 95 % intervals over questions; beside it in how many calls both hold it, the real one alone, the simulated one alone, or neither.',
  groupLabel: 'Model',
  columns: [
    { label: 'Entities', format: 'text' },
    { label: 'Word F1 %', format: oneDecimal, interval: '95 %' },
    { label: 'Log-lik.', format: { digits: 3 }, interval: '95 %' },
    ...columnsOf('Gold answer in it'),
    ...columnsOf('Next entity in it'),
    { label: 'Calls', format: 'count' },
    { label: 'Questions', format: 'count' },
  ],
  groups: [...new Set(rows.map(({ model }) => model))].map((name) => ({
    name,
    rows: rows.filter(({ model }) => model === name).map(line),
  })),
  notes: [
    'Log-likelihood: nats a token of what the real environment found, under the model; nearer 0 is better. The marks around an observation, and notices of calls that failed or were refused, are not counted.',
  ],
});
