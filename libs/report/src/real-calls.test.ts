import { expect, test } from 'vitest';
import { callsTable, trainingCalls } from './real-calls.ts';

const step = (numbers: Record<string, number | null>, at = 1) => ({ step: at, numbers });
const steps: Record<string, ReturnType<typeof step>[]> = {
  supervised: [step({ loss: 1 })],
  simulated: [
    step({ realCalls: 0, simulatedCalls: 40 }),
    step({ realCalls: 0, simulatedCalls: 44 }, 2),
  ],
  // two updates on one batch of 16 calls
  real: [
    step({ realCalls: 16, simulatedCalls: 0, update: 1 }),
    step({ realCalls: 16, simulatedCalls: 0, update: 2 }, 2),
  ],
};
const calls = trainingCalls(
  [
    { arm: 'SFT', repeat: 0, key: 'supervised' },
    { arm: 'mixed', repeat: 0, key: 'supervised' },
    { arm: 'mixed', repeat: 0, key: 'simulated' },
    { arm: 'mixed', repeat: 0, key: 'real' },
    { arm: 'mixed', repeat: 1, key: 'supervised' },
    { arm: 'mixed', repeat: 1, key: 'real' },
  ],
  (key) => steps[key]!,
);

test('calls are summed over stages, each batch once', () =>
  expect(calls).toEqual([
    { arm: 'SFT', seed: 0, real: 0, simulated: 0 },
    { arm: 'mixed', seed: 0, real: 16, simulated: 84 },
    { arm: 'mixed', seed: 1, real: 16, simulated: 0 },
  ]));

test('the table shows arms that called, with what was saved', () => {
  const table = callsTable(calls)!;
  expect(table.groups).toEqual([
    {
      name: 'mixed',
      rows: [
        ['0', 16, 84, 84],
        ['1', 16, 0, 0],
      ],
    },
  ]);
  expect(callsTable(calls.slice(0, 1))).toBeNull();
});
