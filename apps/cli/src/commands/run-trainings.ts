import type { Store } from '@coa/store';
import { textTable } from '../text-table.ts';

/** A training that made a model of a run, and how its data came about: counts by name. */
export type RunTrainingFacts = {
  readonly key: string;
  readonly stage: string;
  readonly seed: number;
  readonly data: Readonly<Record<string, number>>;
};

const prefix = 'data.';

/** Counts that the first step of a training was stored with; none where it learnt from rollouts of its own. */
const dataOf = (store: Store, key: string): RunTrainingFacts['data'] => {
  const [first] = store.readTrainingSteps(key);
  const counts = Object.entries(first?.numbers ?? {}).flatMap(([name, count]) =>
    name.startsWith(prefix) && count !== null ? [[name.slice(prefix.length), count] as const] : [],
  );
  return Object.fromEntries(counts);
};

/** Each once, in the order of the run's arms and stages. */
export const runTrainings = (store: Store, runId: string): RunTrainingFacts[] => {
  const trainings = new Map(store.trainingsOf(runId).map((one) => [one.key, one]));
  return [...trainings.values()].map(({ key, stage, seed }) => ({
    ...{ key, stage, seed },
    data: dataOf(store, key),
  }));
};

/** What is not 0 of the counts, a training a row. */
export const trainingTable = (trainings: readonly RunTrainingFacts[]): string =>
  textTable(
    ['training', 'stage', 'seed', 'data'],
    trainings.map(({ key, stage, seed, data }) => [
      key,
      stage,
      seed,
      Object.entries(data)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ') || null,
    ]),
  );
