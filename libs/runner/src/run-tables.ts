import { reportTables, summarize, type Table } from '@coa/report';
import type { Store } from '@coa/store';
import type { Places } from './places.ts';
import { keptFidelity } from './training/fidelity-rows.ts';
import { callsOf, trainingOf } from './write-report.ts';

/** Every table of a stored run's report, as data. */
export const runTables = (store: Store, runId: string, places: Places): Table[] => {
  const manifest = store.readManifest(runId);
  const records = store.readRecords(runId, { tokens: false });
  const summary = summarize(records, manifest, callsOf(store, runId));
  return reportTables({
    ...{ summary, manifest },
    training: trainingOf(store, runId),
    fidelity: keptFidelity(store, runId, places),
  });
};
