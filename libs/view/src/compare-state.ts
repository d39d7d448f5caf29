import { type Attempt, attemptOf, type Comparison, compareAttempts, type Side } from '@coa/compare';
import { agentName, sidesOf } from '@coa/report';
import type { Store } from '@coa/store';
import { isStored, type Listed, type ReadPart, readParts, stampOf } from './read-parts.ts';
import type { State, StateCache } from './state-cache.ts';

/** Two sides as their page shows them. */
export type CompareState = State & Listed & { readonly comparison: Comparison };

export type CompareAsked = { readonly a: Side; readonly b: Side; readonly metric: string };

export const compareKey = ({ a, b, metric }: CompareAsked): string =>
  JSON.stringify(['compare', a.manifest.runId, a.arm, b.manifest.runId, b.arm, metric]);

/** Where the run's id ends: at the first colon, unless an id has one. */
const endOfRun = (store: Store, text: string): number => {
  const colons = [...text.matchAll(/:/g)].map(({ index }) => index);
  return colons.find((at) => isStored(store, text.slice(0, at))) ?? colons[0] ?? text.length;
};

/** `RUN:ARM`, or `RUN` for its first arm; throws with what there is where there is no such run or arm. */
export const readSide = (store: Store, text: string): Side => {
  const end = endOfRun(store, text);
  const manifest = store.readManifest(store.resolveRun(text.slice(0, end)));
  const arms = Object.keys(manifest.arms);
  const arm = end === text.length ? arms[0]! : text.slice(end + 1);
  if (arms.includes(arm)) return { manifest, arm };
  throw new Error(`${manifest.runId} has no arm '${arm}', but ${arms.join(', ')}`);
};

const partOf = (side: Side, sides: readonly Side[]): ReadPart => ({
  runId: side.manifest.runId,
  arm: side.arm,
  agent: agentName(side, sides),
});

/** Reads both sides once and compares them. */
export const compareState = (
  store: Store,
  cache: StateCache,
  asked: CompareAsked,
): Promise<CompareState> => {
  const { a, b, metric } = asked;
  const runs = [...new Set([a.manifest.runId, b.manifest.runId])];
  return cache.now(
    compareKey(asked),
    () => stampOf(store, runs),
    async (version) => {
      const parts = [a, b].map((side) => partOf(side, [a, b]));
      const attempts = new Map<ReadPart, Attempt[]>(parts.map((part) => [part, []]));
      const listed = await readParts(store, parts, (record, part) => {
        const own = attempts.get(part)!;
        own.push(attemptOf(record, metric, own.length));
      });
      const [ours, theirs] = parts.map((part) => attempts.get(part)!) as [Attempt[], Attempt[]];
      const comparison = compareAttempts(
        { ...a, attempts: ours },
        { ...b, attempts: theirs },
        metric,
      );
      return { version, ...listed, comparison };
    },
  );
};

/** Whether the two are one and the same: nothing to compare, and one source of trajectories instead of two. */
export const isSameSide = ({ a, b }: Pick<CompareAsked, 'a' | 'b'>): boolean =>
  sidesOf([{ a, b }]).length < 2;
