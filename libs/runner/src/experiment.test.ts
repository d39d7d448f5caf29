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
