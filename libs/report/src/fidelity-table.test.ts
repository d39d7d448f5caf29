import { expect, test } from 'vitest';
import { type FidelityRow, fidelityTable } from './fidelity-table.ts';
import { tableCsv } from './table-csv.ts';

const estimate = (mean: number) => ({ mean, low: mean / 2, high: (1 + mean) / 2 });

const row = (model: string, known: boolean): FidelityRow => ({
  ...{ model, known, calls: 40, questions: 25, logLikelihood: -0.5 },
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
    'SFT,known,50,25,75,-0.5,80,40,90,20,10,60,100,50,100,,40,25',
  );
});
