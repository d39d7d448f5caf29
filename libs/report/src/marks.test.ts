import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { markOf } from './client/theme.ts';

beforeAll(() => {
  vi.stubGlobal('document', { documentElement: {} });
  vi.stubGlobal('getComputedStyle', () => ({ getPropertyValue: (name: string) => name }));
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const twelve = () => Array.from({ length: 12 }, (_, i) => markOf(i));

test('twelve agents are told apart without their colours', () => {
  const marks = twelve().map(({ pointStyle, pointRotation, backgroundColor }) =>
    JSON.stringify([pointStyle, pointRotation, backgroundColor === '--paper']),
  );
  expect(new Set(marks).size).toBe(12);
});

test('neighbours have colours of their own; what comes again has another shape or is hollow', () => {
  const marks = twelve();
  expect(new Set(marks.slice(0, 6).map(({ borderColor }) => borderColor)).size).toBe(6);
  for (const [i, first] of marks.slice(0, 6).entries()) {
    const second = marks[i + 6]!;
    expect(second.borderColor).toBe(first.borderColor);
    expect(second).not.toEqual(first);
    // a star or a cross has no inside: hollow, it looks the same
    if (['star', 'crossRot'].includes(first.pointStyle))
      expect(second.pointStyle).not.toBe(first.pointStyle);
  }
});
