import { attemptsOf, type Side, type SideAttempts } from '@coa/compare';
import type { Store } from '@coa/store';

/** What `coa compare` sets side by side, the baseline first. */
export type SidePair = { readonly a: Side; readonly b: Side };

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

type Chosen = { readonly run: string; readonly arm: string | null };

/** `RUN` or `RUN:ARM`, the run by its id or a beginning of it. */
const parse = (store: Store, text: string): Chosen => {
  const colon = text.indexOf(':');
  if (colon < 0) return { run: store.resolveRun(text), arm: null };
  const [run, arm] = [store.resolveRun(text.slice(0, colon)), text.slice(colon + 1)];
  const arms = Object.keys(store.readManifest(run).arms);
  if (!arms.includes(arm)) {
    throw new Error(`${run} has no arm '${arm}'; it has ${quoted(arms)}`);
  }
  return { run, arm };
};

/** The arms that are meant; of an unfinished run those that have rollouts already. */
const sidesOf = (store: Store, { run, arm }: Chosen): Side[] => {
  const manifest = store.readManifest(run);
  const begun = new Set(store.summarizeRun(run).map((cell) => cell.arm));
  const names = arm === null ? Object.keys(manifest.arms) : [arm];
  const sides = names.filter((name) => begun.has(name)).map((name) => ({ manifest, arm: name }));
  if (sides.length === 0) throw new Error(`${run} holds no rollouts of ${quoted(names)} yet`);
  return sides;
};

const withinRun = (sides: readonly Side[], baseline: string | undefined): SidePair[] => {
  const arms = sides.map(({ arm }) => arm);
  const own = sides[0]!.manifest.baseline;
  const name = baseline ?? arms.find((arm) => arm === own) ?? arms[0]!;
  const a = sides.find(({ arm }) => arm === name);
  if (!a) throw new Error(`no arm '${name}' to compare with; there is ${quoted(arms)}`);
  const others = sides.filter((side) => side !== a);
  if (others.length === 0) {
    throw new Error(
      `${a.manifest.runId} has one arm, '${name}': name a second run, or two arms as RUN:ARM`,
    );
  }
  return others.map((b) => ({ a, b }));
};

const acrossRuns = (ours: readonly Side[], theirs: readonly Side[]): SidePair[] => {
  if (ours.length === 1 && theirs.length === 1) return [{ a: ours[0]!, b: theirs[0]! }];
  if (ours.length === 1) return theirs.map((b) => ({ a: ours[0]!, b }));
  const pairs = ours.flatMap((a) => {
    const b = theirs.find(({ arm }) => arm === a.arm);
    return b ? [{ a, b }] : [];
  });
  if (pairs.length > 0) return pairs;
  throw new Error(
    `the runs share no arm: ${quoted(ours.map(({ arm }) => arm))} and ${quoted(theirs.map(({ arm }) => arm))}; name two as RUN:ARM`,
  );
};

/**
 * What is compared with what: in one run each other arm with the baseline (`--baseline`, else the run's own, else the first); of several runs
 * each with the first, arms of one name together, or one arm with each.
 */
export const pairsOf = (
  store: Store,
  names: readonly string[],
  baseline: string | undefined,
): SidePair[] => {
  const [first, ...others] = names.map((name) => sidesOf(store, parse(store, name)));
  if (others.length === 0) return withinRun(first!, baseline);
  const start = baseline === undefined ? first! : first!.filter(({ arm }) => arm === baseline);
  if (start.length === 0) throw new Error(`no arm '${baseline}' in ${names[0]}`);
  return others.flatMap((sides) => acrossRuns(start, sides));
};

/** A side with its attempts; what they need of their records is read, and no more. Throws where the run has no such metric. */
const readSide = (store: Store, side: Side, metric: string): SideAttempts => {
  const { runId } = side.manifest;
  const metrics = store.metricIds(runId);
  if (!metrics.includes(metric)) {
    throw new Error(`${runId} has no metric '${metric}'; it has ${quoted(metrics)}`);
  }
  const parts = { tokens: false, metrics: [metric] };
  const records = store.readRecords(runId, { arm: side.arm, ...parts });
  return { ...side, attempts: attemptsOf(records, metric) };
};

/** Reads sides with their attempts, each once however many pairs it is in: a baseline is in all of them. */
export const sideReader = (store: Store, metric: string): ((side: Side) => SideAttempts) => {
  const read = new Map<string, SideAttempts>();
  return (side) => {
    const key = JSON.stringify([side.manifest.runId, side.arm]);
    const known = read.get(key) ?? readSide(store, side, metric);
    read.set(key, known);
    return known;
  };
};
