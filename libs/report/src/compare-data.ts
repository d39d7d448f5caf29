import { type Comparison, isShare, type Side } from '@coa/compare';
import type { RunRecord } from '@coa/core';
import { type FlipList, flipOrder } from './client/compare-payload.ts';
import { sideLabels, sideName } from './compare-tables.ts';
import { numbering } from './index-columns.ts';

/** The sides of some comparisons, each once: their trajectories stand one after another in the page's source. */
export const sidesOf = (comparisons: readonly Pick<Comparison, 'a' | 'b'>[]): Side[] => {
  const sides = new Map<string, Side>();
  for (const { a, b } of comparisons)
    for (const side of [a, b]) if (!sides.has(sideName(side))) sides.set(sideName(side), side);
  return [...sides.values()];
};

/** Number of the first trajectory of each side, by its name. */
const offsetsOf = (comparisons: readonly Comparison[]): Map<string, number> => {
  const attempts = new Map(
    comparisons.flatMap(({ a, b, costs }) => [
      [sideName(a), costs.a.attempts],
      [sideName(b), costs.b.attempts],
    ]),
  );
  let next = 0;
  return new Map(
    sidesOf(comparisons).map((side) => {
      const first = next;
      next += attempts.get(sideName(side)) ?? 0;
      return [sideName(side), first];
    }),
  );
};

/** The paired attempts of each comparison, as the page's client lists them. */
export const flipLists = (comparisons: readonly Comparison[]): FlipList[] => {
  const offsets = offsetsOf(comparisons);
  return comparisons.map((comparison) => {
    const { a, b, flips } = comparison;
    const sets = numbering();
    const [left, right] = [offsets.get(sideName(a))!, offsets.get(sideName(b))!];
    return {
      ...sideLabels(comparison),
      judged: isShare(comparison),
      set: flips.map((flip) => sets.numberOf(flip.a.dataset)),
      sets: sets.names,
      kind: flips.map(({ kind }) => flipOrder.indexOf(kind)),
      left: flips.map((flip) => left + flip.a.number),
      right: flips.map((flip) => right + flip.b.number),
    };
  });
};

/** What a side's agent is called beside the others: its arm, and its run where two sides have the same. */
export const agentName = (side: Side, sides: readonly Side[]): string =>
  sides.filter(({ arm }) => arm === side.arm).length > 1 ? sideName(side) : side.arm;

/** The records of every side, one side after another, each under its agent's name. */
export function* sideRecords(
  sides: readonly Side[],
  recordsOf: (side: Side) => Iterable<RunRecord>,
): Generator<RunRecord> {
  for (const side of sides) {
    const arm = agentName(side, sides);
    for (const record of recordsOf(side)) yield { ...record, arm };
  }
}
