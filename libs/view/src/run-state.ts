import type { Manifest } from '@coa/core';
import { type Summary, summaryOf, type TrainingCurve, trainingCalls } from '@coa/report';
import type { Store } from '@coa/store';
import { type Listed, readParts, stampOf } from './read-parts.ts';
import type { State, StateCache } from './state-cache.ts';

/** A run as its page shows it. */
export type RunState = State &
  Listed & {
    readonly manifest: Manifest;
    readonly summary: Summary;
  };

export const runKey = (runId: string): string => JSON.stringify(['run', runId]);

export const runState = (store: Store, cache: StateCache, runId: string): Promise<RunState> =>
  cache.now(
    runKey(runId),
    () => stampOf(store, [runId]),
    async (version) => {
      const manifest = store.readManifest(runId);
      const calls = trainingCalls(store.trainingsOf(runId), (key) => store.readTrainingSteps(key));
      const { add, summary } = summaryOf(manifest, calls);
      const part = { runId, arm: null, agent: null };
      const listed = await readParts(store, [part], add);
      return { version, ...listed, manifest, summary: summary() };
    },
  );

/** The steps of every training that made a model of the run, each once; the agent is named where stages would be mistaken. */
export const runCurves = (store: Store, runId: string): TrainingCurve[] => {
  const trainings = new Map(
    store
      .trainingsOf(runId)
      .toReversed()
      .map((one) => [one.key, one]),
  );
  const all = [...trainings.values()].toReversed();
  return all.map(({ key, stage, seed, arm }) => {
    const alike = all.filter((other) => other.stage === stage && other.seed === seed);
    const name = alike.length > 1 ? `${stage} (${arm})` : stage;
    return { stage: name, seed, steps: store.readTrainingSteps(key) };
  });
};
