import type { Estimate } from './macro-average.ts';
import type { Cell, Column, Table } from './table.ts';
import { oneDecimal, percentCell } from './tables.ts';

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
  /** Nats a token of the real observations under the model; null where it was not measured. */
  readonly logLikelihood: number | null;
  /** Share of calls whose observation holds the gold answer. */
  readonly goldReal: Estimate;
  readonly goldSimulated: Estimate;
  /** Share whose observation holds the entity that the trajectory needs next; null where none was needed. */
  readonly hopReal: Estimate | null;
  readonly hopSimulated: Estimate | null;
};

const share = (label: string, over: string): Column => ({
  ...{ label, over, format: oneDecimal, interval: '95 %' },
});

const line = (row: FidelityRow): Cell[] => [
  row.known ? 'known' : 'unknown',
  percentCell(row.wordF1),
  row.logLikelihood,
  percentCell(row.goldReal),
  percentCell(row.goldSimulated),
  percentCell(row.hopReal),
  percentCell(row.hopSimulated),
  row.calls,
  row.questions,
];

/** The world model beside the real environment: model by model, on known and on unknown entities. */
export const fidelityTable = (rows: readonly FidelityRow[]): Table => ({
  id: 'fidelity',
  title: 'The world model beside the real environment',
  caption:
    'Every search was answered twice: by the real environment, which the rollout saw, and by the model, which writes what it expects. Word F1 between the two, and how often each holds the gold answer or the entity that the trajectory needs next, per cent, with 95 % intervals over questions.',
  groupLabel: 'Model',
  columns: [
    { label: 'Entities', format: 'text' },
    { label: 'Word F1 %', format: oneDecimal, interval: '95 %' },
    { label: 'Log-lik.', format: { digits: 3 } },
    share('real', 'Gold answer in it'),
    share('simulated', 'Gold answer in it'),
    share('real', 'Next entity in it'),
    share('simulated', 'Next entity in it'),
    { label: 'Calls', format: 'count' },
    { label: 'Questions', format: 'count' },
  ],
  groups: [...new Set(rows.map(({ model }) => model))].map((name) => ({
    name,
    rows: rows.filter(({ model }) => model === name).map(line),
  })),
  notes: [
    'Log-likelihood: nats a token of the real observations under the model; nearer 0 is better.',
  ],
});
