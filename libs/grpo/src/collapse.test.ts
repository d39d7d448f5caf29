import { expect, test } from 'vitest';
import { collapseOf } from './collapse.ts';

const rule = { window: 2, share: 0.5 };

test('a collapse is a window below the share of the best one before', () => {
  expect(collapseOf([0.2, 0.8, 0.6, 0.3, 0.3], rule)).toContain('0.3000, less than 0.5');
  expect(collapseOf([0.2, 0.8, 0.6, 0.4, 0.4], rule)).toBeNull();
});

test('nothing is said of too few batches, or of rewards that never were', () => {
  expect(collapseOf([0.9, 0.1, 0.1], rule)).toBeNull();
  expect(collapseOf([0, 0, 0, 0, -1, -1], rule)).toBeNull();
});
