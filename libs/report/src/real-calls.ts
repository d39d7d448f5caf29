import type { TrainingCalls } from '@coa/metrics';
import type { Cell, Table } from './table.ts';
import type { TrainingCurve } from './training-curves.ts';

/** The trainings that made an arm's model under one seed, in order; arms share those that they begin with. */
export type ArmTraining = {
  readonly arm: string;
  readonly seed: number;
  readonly curves: readonly Pick<TrainingCurve, 'steps'>[];
};

type Numbers = TrainingCurve['steps'][number]['numbers'];

/** Calls of one step; further updates on a batch repeat what was counted when it was sampled. */
const callsOf = (numbers: Numbers, name: 'realCalls' | 'simulatedCalls'): number =>
  (numbers.update ?? 1) === 1 ? (numbers[name] ?? 0) : 0;

/** Tool calls that reinforcement learning made for each arm under each seed: of the tool itself, and of a model of it. */
export const trainingCalls = (trainings: readonly ArmTraining[]): TrainingCalls[] =>
  trainings.map(({ arm, seed, curves }) => {
    const steps = curves.flatMap((curve) => curve.steps);
    const sum = (name: 'realCalls' | 'simulatedCalls'): number =>
      steps.reduce((total, { numbers }) => total + callsOf(numbers, name), 0);
    return { arm, seed, real: sum('realCalls'), simulated: sum('simulatedCalls') };
  });

const lineOf = ({ seed, real, simulated }: TrainingCalls): Cell[] => [
  String(seed),
  real,
  simulated,
  real + simulated === 0 ? null : (100 * simulated) / (real + simulated),
];

/** What simulation saves; null where no arm was trained by reinforcement learning. */
export const callsTable = (calls: readonly TrainingCalls[]): Table | null => {
  const made = calls.filter(({ real, simulated }) => real + simulated > 0);
  if (made.length === 0) return null;
  return {
    id: 'training-calls',
    title: 'Tool calls in training',
    caption:
      'Calls that reinforcement learning made while each arm’s model was trained, as counted: those that the search tool answered, and those that a model of it answered in its stead. Calls refused at the limit are none. Saved: simulated of all.',
    groupLabel: 'Agent',
    columns: [
      { label: 'Seed', format: 'text' },
      { label: 'Real calls', format: 'count' },
      { label: 'Simulated calls', format: 'count' },
      { label: 'Saved %', format: { digits: 1 } },
    ],
    groups: [...new Set(made.map(({ arm }) => arm))].map((name) => ({
      name,
      rows: made.filter(({ arm }) => arm === name).map(lineOf),
    })),
    notes: [],
  };
};
