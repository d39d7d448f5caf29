import { reportTables, summarize, type Table } from '@coa/report';
import type { Store } from '@coa/store';
import type { Places } from './places.ts';
import { keptFidelity } from './training/fidelity-rows.ts';
import { trainingOf } from './write-report.ts';

/** Every table of a stored run's report, as data. */
export const runTables = (store: Store, runId: string, places: Places): Table[] => {
  const manifest = store.readManifest(runId);
  const summary = summarize(store.readRecords(runId, { tokens: false }), manifest);
  return reportTables({
    ...{ summary, manifest },
    training: trainingOf(store, runId),
    fidelity: keptFidelity(store, runId, places),
  });
};
