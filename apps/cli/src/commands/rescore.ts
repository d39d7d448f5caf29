import type { Metric } from '@coa/core';
import { loadExperiment, standardMetrics } from '@coa/runner';
import { openStore, type Rescored, type Store } from '@coa/store';
import { Command } from 'commander';
import { root, storeFile } from '../paths.ts';
import { shown, textTable } from '../text-table.ts';

type Choice = {
  readonly store?: string;
  readonly metric?: readonly string[];
  readonly json?: boolean;
};

/** The metrics of the run's experiment, where it is at hand, and the lab's own. */
const metricsFor = async (experiment: string): Promise<Readonly<Record<string, Metric>>> => {
  const loaded = await loadExperiment(experiment, root).catch(() => null);
  return { ...standardMetrics, ...(loaded && 'metrics' in loaded ? loaded.metrics : {}) };
};

const chosen = (
  all: Readonly<Record<string, Metric>>,
  names: readonly string[] | undefined,
): Metric[] => {
  const metrics = Object.values(all);
  return (names ?? metrics.map(({ id }) => id)).map((name) => {
    const metric = metrics.find(({ id }) => id === name);
    if (metric) return metric;
    throw new Error(`no metric '${name}'; there is ${metrics.map(({ id }) => id).join(', ')}`);
  });
};

const row = ({ metric, before, after, rollouts, changed }: Rescored): (string | number)[] => [
  metric,
  before === null ? 'new' : before,
  after,
  changed,
  rollouts,
];

const rescored = async (store: Store, run: string, { metric, json }: Choice): Promise<string> => {
  const runId = store.resolveRun(run);
  const metrics = chosen(await metricsFor(store.readManifest(runId).experiment), metric);
  const result = store.rescoreRun(runId, metrics);
  if (json) return JSON.stringify({ runId, metrics: result }, null, 2);
  const head = ['metric', 'version before', 'now', 'changed', 'of rollouts'];
  return `${runId}\n\n${shown(textTable(head, result.map(row)))}`;
};

/** `coa rescore RUN`: new values from stored trajectories; nothing is run. */
export const rescoreCommand = (): Command =>
  new Command('rescore')
    .description('Score the stored trajectories of a run anew; nothing is run')
    .argument('<run>', "a run's id or the beginning of it (coa runs list)")
    .option('--metric <ids...>', "these metrics (default: all of the run's experiment)")
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  coa rescore qa-eval-3f --metric hopRecall exactMatch')
    .action(async (run: string, choice: Choice) => {
      const store = openStore(storeFile(choice));
      try {
        console.log(await rescored(store, run, choice));
      } finally {
        store.close();
      }
    });
