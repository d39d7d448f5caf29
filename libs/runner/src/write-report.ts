import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Manifest } from '@coa/core';
import { renderReport, type Summary, type TrainingCurve } from '@coa/report';
import { bundleClient } from '@coa/report/bundle';
import type { Store } from '@coa/store';
import type { Places } from './places.ts';

/** A store may come from elsewhere: a name that is no experiment's could lead out of `reports/`. */
const reportFolder = (experiment: string, { root }: Places): string => {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(experiment)) {
    throw new Error(`'${experiment}' is no experiment name; its report is not written`);
  }
  return join(root, 'reports', experiment);
};

/** The steps of every training that made a model of the run, each once. */
const trainingOf = (store: Store, runId: string): TrainingCurve[] => {
  const trainings = new Map(store.trainingsOf(runId).map((one) => [one.key, one]));
  return [...trainings.values()].map(({ key, stage, seed }) => ({
    stage,
    seed,
    steps: store.readTrainingSteps(key),
  }));
};

/**
 * Writes `reports/<experiment>/<run id>.html`, whole or not at all, and the same as `index.html`: the experiment's
 * newest report. Returns the path of `index.html`.
 */
export const writeReport = async (parts: {
  readonly store: Store;
  readonly manifest: Manifest;
  readonly summary: Summary;
  readonly places: Places;
}): Promise<string> => {
  const { store, manifest, summary, places } = parts;
  const folder = reportFolder(manifest.experiment, places);
  await mkdir(folder, { recursive: true });
  const client = await bundleClient();
  const records = store.readRecords(manifest.runId, { tokens: false });
  const partial = join(folder, `${manifest.runId}.${process.pid}.tmp`);
  const training = trainingOf(store, manifest.runId);
  const generatedBy = 'CoA Lab';
  const html = renderReport({ manifest, summary, records, training, client, generatedBy });
  try {
    await pipeline(Readable.from(html), createWriteStream(partial));
    await copyFile(partial, join(folder, `${manifest.runId}.html`));
    await rename(partial, join(folder, 'index.html'));
  } finally {
    await rm(partial, { force: true });
  }
  return join(folder, 'index.html');
};
