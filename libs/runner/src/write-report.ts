import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Manifest } from '@coa/core';
import {
  renderMarkdown,
  renderReport,
  type Summary,
  type TrainingCurve,
  trainingCalls,
} from '@coa/report';
import { bundleClient } from '@coa/report/bundle';
import type { Store } from '@coa/store';
import type { Places } from './places.ts';
import { runTokenTexts } from './run-tokenizers.ts';
import { keptFidelity } from './training/fidelity-rows.ts';

/** A store may come from elsewhere: a name that is no experiment's could lead out of `reports/`. */
const reportFolder = (experiment: string, { root }: Places): string => {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(experiment)) {
    throw new Error(`'${experiment}' is no experiment name; its report is not written`);
  }
  return join(root, 'reports', experiment);
};

/**
 * The steps of every training that made a model of the run, each once. Where trainings of one seed share a stage's name, the
 * first arm that uses each is named too.
 */
export const trainingOf = (store: Store, runId: string): TrainingCurve[] => {
  const trainings = new Map<string, ReturnType<Store['trainingsOf']>[number]>();
  for (const one of store.trainingsOf(runId))
    if (!trainings.has(one.key)) trainings.set(one.key, one);
  const all = [...trainings.values()];
  return all.map(({ key, stage, seed, arm }) => {
    const alike = all.filter((other) => other.stage === stage && other.seed === seed);
    const name = alike.length > 1 ? `${stage} (${arm})` : stage;
    return { stage: name, seed, steps: store.readTrainingSteps(key) };
  });
};

/** Tool calls in the trainings of each arm under each of its seeds. */
export const callsOf = (store: Store, runId: string) =>
  trainingCalls(store.trainingsOf(runId), (key) => store.readTrainingSteps(key));

type Parts = {
  readonly store: Store;
  readonly manifest: Manifest;
  readonly summary: Summary;
  readonly places: Places;
};

/**
 * Writes `reports/<experiment>/<run id>.html`, whole or not at all, and the same as `index.html`: the experiment's
 * newest report. Returns the path of `index.html`.
 */
export const writeReport = async (parts: Parts): Promise<string> => {
  const { store, manifest, summary, places } = parts;
  const folder = reportFolder(manifest.experiment, places);
  await mkdir(folder, { recursive: true });
  const client = await bundleClient();
  const records = store.readRecords(manifest.runId);
  const partial = join(folder, `${manifest.runId}.${process.pid}.tmp`);
  const training = trainingOf(store, manifest.runId);
  const fidelity = keptFidelity(store, manifest.runId, places);
  const generatedBy = 'CoA Lab';
  const tokenTexts = await runTokenTexts(manifest, places);
  const html = renderReport({
    ...{ manifest, summary, records, tokenTexts },
    ...{ training, fidelity, client, generatedBy },
  });
  try {
    await pipeline(Readable.from(html), createWriteStream(partial));
    await copyFile(partial, join(folder, `${manifest.runId}.html`));
    await rename(partial, join(folder, 'index.html'));
  } finally {
    await rm(partial, { force: true });
  }
  return join(folder, 'index.html');
};

/**
 * Writes what of a run is small enough to be kept beside the code: `light.html` (the page without trajectories),
 * `results.md` and `manifest.json` (the command, every arm's recipe, the machine). Returns the folder.
 */
export const writeLightReport = async ({
  store,
  manifest,
  summary,
  places,
}: Parts): Promise<string> => {
  const folder = reportFolder(manifest.experiment, places);
  await mkdir(folder, { recursive: true });
  const client = await bundleClient();
  const training = trainingOf(store, manifest.runId);
  const fidelity = keptFidelity(store, manifest.runId, places);
  const page = renderReport({
    manifest,
    summary,
    records: null,
    tokenTexts: () => 'No trajectory is shown.',
    training,
    fidelity,
    client,
    generatedBy: 'CoA Lab',
  });
  await writeFile(join(folder, 'light.html'), [...page].join(''));
  await writeFile(join(folder, 'results.md'), renderMarkdown(summary, manifest, fidelity));
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return folder;
};
