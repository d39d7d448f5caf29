import type { Mark } from './table.ts';

/** A value with the rows that it competes with: none of another `race` or null value does. */
export type Entry = {
  readonly value: number | null;
  readonly group: string;
  /** null: printed without competing. */
  readonly race: string | null;
};

/** The best of each race, and of each group in it that has rivals; ties share the mark. Values are compared as they are shown. */
export const bestMarks = (entries: readonly Entry[], digits: number): (Mark | null)[] => {
  const shown = (value: number): number => Number(value.toFixed(digits));
  const runners = entries.filter((entry) => entry.race !== null && entry.value !== null);
  const best = (some: readonly Entry[]): number =>
    Math.max(...some.map(({ value }) => shown(value!)));
  return entries.map(({ value, group, race }) => {
    if (value === null || race === null) return null;
    const rivals = runners.filter((other) => other.race === race);
    if (rivals.length < 2) return null;
    if (shown(value) === best(rivals)) return 'best';
    const near = rivals.filter((other) => other.group === group);
    return near.length > 1 && shown(value) === best(near) ? 'groupBest' : null;
  });
};
