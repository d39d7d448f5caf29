import { expect, test } from 'vitest';
import { type FidelityRow, fidelityTable } from './fidelity-table.ts';
import { tableCsv } from './table-csv.ts';

const estimate = (mean: number) => ({ mean, low: mean / 2, high: (1 + mean) / 2 });

const row = (model: string, known: boolean): FidelityRow => ({
  ...{ model, known, calls: 40, questions: 25 },
  logLikelihood: { mean: -0.5, low: -0.75, high: -0.25 },
  gold: { both: 7, 'real only': 25, 'simulated only': 1, neither: 7 },
  hop: { both: 40, 'real only': 0, 'simulated only': 0, neither: 0 },
  wordF1: estimate(0.5),
  goldReal: estimate(0.8),
  goldSimulated: estimate(0.2),
  hopReal: estimate(1),
  hopSimulated: null,
});

test('models by group, known and unknown entities as rows, every share with its interval and n', () => {
  const table = fidelityTable([row('SFT', true), row('SFT', false), row('RL', true)]);
  expect(table.groups.map(({ name, rows }) => [name, rows.length])).toEqual([
    ['SFT', 2],
    ['RL', 1],
  ]);
  expect(tableCsv(table).split('\r\n')[1]).toBe(
    'SFT,known,50,25,75,-0.5,-0.75,-0.25,80,40,90,20,10,60,7 / 25 / 1 / 7,100,50,100,,40 / 0 / 0 / 0,40,25',
  );
});
