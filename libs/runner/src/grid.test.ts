import { expect, test } from 'vitest';
import type { Arm } from './experiment.ts';
import { armsOf } from './grid.ts';
import { closedBookArm } from './training/atlas-arms.ts';

const arm = (temperature: number, system = ''): Arm => ({
  ...closedBookArm,
  system,
  options: { ...closedBookArm.options, temperature },
});

test('every combination is an arm, the last setting changing fastest', () => {
  const arms = armsOf({ temperature: [0, 0.6], turnTokens: [80, 160] }, (s) => ({
    ...closedBookArm,
    options: { ...closedBookArm.options, ...s },
  }));
  expect(Object.keys(arms)).toEqual([
    'temperature 0, turn tokens 80',
    'temperature 0, turn tokens 160',
    'temperature 0.6, turn tokens 80',
    'temperature 0.6, turn tokens 160',
  ]);
  expect(arms['temperature 0.6, turn tokens 80']!.options).toMatchObject({
    temperature: 0.6,
    turnTokens: 80,
  });
});

test('values that are no plain ones have names of their own', () => {
  const arms = armsOf(
    { prompt: { none: '', short: 'Answer.' }, temperature: [0.5] },
    ({ prompt, temperature }) => arm(temperature, prompt),
  );
  expect(Object.keys(arms)).toEqual([
    'prompt none, temperature 0.5',
    'prompt short, temperature 0.5',
  ]);
  expect(arms['prompt short, temperature 0.5']!.system).toBe('Answer.');
});

test('what no grid can be is refused by name', () => {
  expect(() => armsOf({ temperature: [] }, () => closedBookArm)).toThrow(
    "setting 'temperature' of the grid has no values",
  );
  expect(() => armsOf({ temperature: [0, 0] }, () => closedBookArm)).toThrow(
    "the grid names two arms 'temperature 0'",
  );
  // as an arm's name it would have the setting's before it, but it would come first all the same
  expect(() => armsOf({ share: { '1/2': 0.5, 0: 0 } }, () => closedBookArm)).toThrow(
    "setting 'share' of the grid has a value named '0'",
  );
});

test('a setting that the grid has not is no type', () => {
  // @ts-expect-error the grid has no setting `temprature`
  const arms = armsOf({ temperature: [0.1] }, ({ temprature }) => arm(temprature));
  expect(Object.keys(arms)).toEqual(['temperature 0.1']);
});
