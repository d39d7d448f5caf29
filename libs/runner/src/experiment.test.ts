import { expect, test } from 'vitest';
import { defineExperiment, missingBaseline, overridden } from './experiment.ts';
import { tinyExperiment } from './fixtures/tiny.ts';

const based = defineExperiment({ ...tinyExperiment, baseline: 'Model only' });

test('a baseline must be an arm', () => {
  expect(() => defineExperiment({ ...tinyExperiment, baseline: 'Model alone' })).toThrow(
    "experiment 'tiny' has no arm 'Model alone' as its baseline; it has: AutoCoA, Model only",
  );
  // a name that every object has is no arm either
  expect(() => defineExperiment({ ...tinyExperiment, baseline: 'toString' })).toThrow(/'toString'/);
});

test('an arm is not named by a whole number, which would come first wherever it stands', () => {
  const { AutoCoA } = tinyExperiment.arms;
  const arms = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, AutoCoA!] as const));
  expect(() => defineExperiment({ ...tinyExperiment, arms: arms('1/2', '1') })).toThrow(
    "experiment 'tiny' has an arm '1': names that are whole numbers would come first in every table, wherever they stand; say what the number is, e.g. 'share 1'",
  );
  const named = defineExperiment({ ...tinyExperiment, arms: arms('1/2', '0.5', 'share 1') });
  expect(Object.keys(named.arms)).toEqual(['1/2', '0.5', 'share 1']);
});

test('a baseline that does not run is named', () => {
  expect(missingBaseline(based, { arms: ['AutoCoA'] })).toBe('Model only');
  expect(missingBaseline(based, { arms: ['Model only'] })).toBeNull();
  expect(missingBaseline(based, {})).toBeNull();
  expect(missingBaseline(tinyExperiment, { arms: ['AutoCoA'] })).toBeNull();
});

test('the baseline stays with the arms that run, on every track', () => {
  expect(overridden(based, { limit: 1 }).baseline).toBe('Model only');
  expect(overridden(based, { arms: ['Model only'] }).baseline).toBe('Model only');
  expect(overridden(based, { arms: ['AutoCoA'] })).not.toHaveProperty('baseline');
  const { AutoCoA } = based.arms;
  const tracks = { other: { arms: { Other: AutoCoA!, Third: AutoCoA! }, baseline: 'Third' } };
  expect(overridden({ ...based, tracks }, { track: 'other' }).baseline).toBe('Third');
  const without = { other: { arms: { Other: AutoCoA! } } };
  expect(overridden({ ...based, tracks: without }, { track: 'other' })).not.toHaveProperty(
    'baseline',
  );
});
