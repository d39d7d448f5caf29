import type { TrainingCalls } from '@coa/metrics';
import type { Cell, Table } from './table.ts';
import type { TrainingCurve } from './training-curves.ts';

/** A training that made an arm's model in one repeat; arms share those that they begin with. */
export type ArmTraining = { readonly arm: string; readonly repeat: number; readonly key: string };

type Numbers = TrainingCurve['steps'][number]['numbers'];

/** Calls of one step; further updates on a batch repeat what was counted when it was sampled. */
const callsOf = (numbers: Numbers, name: 'realCalls' | 'simulatedCalls'): number =>
  (numbers.update ?? 1) === 1 ? (numbers[name] ?? 0) : 0;

/**
 * Tool calls that reinforcement learning made for each arm under each seed: of the tool itself, and of a model of it.
 * @param stepsOf the steps of a training, by its key
 */
export const trainingCalls = (
  trainings: readonly ArmTraining[],
  stepsOf: (key: string) => TrainingCurve['steps'],
): TrainingCalls[] => {
  const places = new Map<string, { arm: string; seed: number; real: number; simulated: number }>();
  for (const { arm, repeat: seed, key } of trainings) {
    const place = JSON.stringify([arm, seed]);
    const calls = places.get(place) ?? { arm, seed, real: 0, simulated: 0 };
    for (const { numbers } of stepsOf(key)) {
      calls.real += callsOf(numbers, 'realCalls');
      calls.simulated += callsOf(numbers, 'simulatedCalls');
    }
    places.set(place, calls);
  }
  return [...places.values()];
};

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
