import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ComputeOptions } from '@coa/compute';
import type { Policy } from '@coa/core';
import { renderTable, type Summary, summarize } from '@coa/report';
import { openStore, type Store } from '@coa/store';
import { cachedJudge } from './cached-judge.ts';
import { openEnvironments } from './environments.ts';
import { type Experiment, missingBaseline, type Overrides, overridden } from './experiment.ts';
import { describeRun } from './manifest.ts';
import { openModel } from './open-model.ts';
import { openModels } from './open-models.ts';
import type { Places } from './places.ts';
import { planRollouts, segmentsOf } from './plan.ts';
import { drawQuestionSets, type QuestionSet } from './question-sets.ts';
import { type RunSummary, runPlan } from './run.ts';
import type { Script } from './script.ts';
import { callsOf, writeLightReport, writeReport } from './write-report.ts';

export type RunServices = {
  readonly places: Places;
  /** The command as it was given, for the manifest. */
  readonly command: string;
  readonly storeFile?: string;
  readonly concurrency?: number;
  /** For served models. */
  readonly apiKey?: string;
  /** What computes a model folder. */
  readonly compute?: ComputeOptions;
  /** The model that judges answers, in `--model`'s notation. */
  readonly judge?: string;
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
  readonly say: (line: string) => void;
  readonly onProgress: (label: string, done: number, total: number) => void;
  /** In place of the experiment's model, e.g. a scripted policy in a test. */
  readonly policy?: Policy;
};

export type RunResult = RunSummary & {
  readonly runId: string;
  readonly report: string;
  readonly summary: Summary;
  readonly table: string;
};

/** Loads `experiments/<name>.ts`: the file name is the registration. Throws listing what there is. */
export const loadExperiment = async (name: string, root: string): Promise<Experiment | Script> => {
  const folder = join(root, 'experiments');
  const file = join(folder, `${name}.ts`);
  const names = readdirSync(folder)
    .filter((entry) => entry.endsWith('.ts') && !entry.endsWith('.test.ts'))
    .map((entry) => entry.slice(0, -'.ts'.length));
  if (!names.includes(name) || !existsSync(file)) {
    throw new Error(`no experiment '${name}'; experiments/ has: ${names.join(', ')}`);
  }
  const exported = Object.values((await import(pathToFileURL(file).href)) as object);
  const found = exported.find((value): value is Experiment | Script => value?.name === name);
  if (!found) throw new Error(`${file} exports no experiment named '${name}'`);
  return found;
};

const announceTwins = (sets: readonly QuestionSet[], say: (line: string) => void): void => {
  const replaced = sets.filter(({ name, asked }) => name !== asked);
  if (replaced.length === 0) return;
  const names = replaced.map(({ asked }) => asked).join(', ');
  say(
    `not at hand whole, so the primer stands in: ${names} (coa datasets import DIR brings the real sets and their passages)`,
  );
};

const modelOptions = (experiment: Experiment, services: RunServices) => ({
  home: services.places.home,
  root: services.places.root,
  contextTokens: Math.max(
    ...Object.values(experiment.arms).map(({ options }) => options.contextTokens),
  ),
  concurrency: services.concurrency ?? null,
  apiKey: services.apiKey ?? null,
  compute: services.compute ?? {},
  signal: AbortSignal.any([services.stopping, services.abort]),
  say: services.say,
  onProgress: (done: number, total: number) => services.onProgress('model', done, total),
});

/** Runs an experiment whole: questions, model, index, rollouts, store, table, report. Resumes what is stored. */
export const runExperiment = async (
  experiment: Experiment,
  overrides: Overrides,
  services: RunServices,
): Promise<RunResult> => {
  const asked = overridden(experiment, overrides);
  const { places, say } = services;
  const missing = missingBaseline(experiment, overrides);
  if (missing !== null) say(`the baseline ${missing} does not run: no differences to it`);
  const searching = Object.values(asked.arms).some(({ environment }) => environment !== 'none');
  const { questionsPerDataset: size, seed, split = 'test' } = asked;
  const sample = { size, seed, split, places, searching };
  const sets = await drawQuestionSets(asked.datasets, sample);
  announceTwins(sets, say);
  const store = openStore(services.storeFile ?? join(places.home, 'runs.db'));
  const opened: Policy[] = [];
  const open = async (spec: string): Promise<Policy> => {
    const policy = await openModel(spec, modelOptions(asked, services));
    opened.push(policy);
    return policy;
  };
  try {
    const policy = services.policy ?? (await open(asked.model));
    const judge = services.judge === undefined ? null : await open(services.judge);
    return await runWith({ asked, sets, policy, store, judge, services });
  } finally {
    store.close();
    for (const policy of opened) await policy.close();
  }
};

const runWith = async (parts: {
  readonly asked: Experiment;
  readonly sets: readonly QuestionSet[];
  readonly policy: Policy;
  readonly store: Store;
  readonly judge: Policy | null;
  readonly services: RunServices;
}): Promise<RunResult> => {
  const { asked, sets, policy, store, judge, services } = parts;
  const { places, onProgress, say, stopping, abort, command } = services;
  const setting = { experiment: asked, places, policy, onProgress, stopping };
  const environments = await openEnvironments(sets, setting);
  const plan = planRollouts(
    asked,
    sets.map((set) => set.questions),
  );
  const manifest = describeRun(asked, {
    sets,
    policy,
    environment: environments.described,
    places,
    command,
    startedAt: new Date().toISOString(),
    judge: judge?.fingerprint ?? null,
  });
  const state = store.startRun(
    manifest,
    sets.flatMap((set) => set.questions),
  );
  const { runId } = manifest;
  say(`run ${runId} (${state})`);
  const models = openModels(asked, { base: policy, runId, store }, services);
  const made = await runPlan({
    experiment: asked,
    manifest,
    segments: segmentsOf(asked, plan),
    policyOf: models.of,
    environmentOf: environments.of,
    store,
    judge: judge && cachedJudge(judge, { seed: asked.seed, home: places.home, abort, say }),
    concurrency: services.concurrency ?? null,
    attempts: 3,
    now: () => performance.now(),
    stopping,
    abort,
    onProgress: (done, total) => onProgress(asked.name, done, total),
  });
  await models.close();
  if (made.complete) store.finishRun(manifest.runId);
  return { ...made, ...(await reported(store, manifest.runId, places)) };
};

/** Table and report of a stored run; `light`: the report without trajectories, to be kept beside the code. */
export const reported = async (store: Store, runId: string, places: Places, light = false) => {
  const manifest = store.readManifest(runId);
  const records = store.readRecords(runId, { tokens: false });
  const summary = summarize(records, manifest, callsOf(store, runId));
  const parts = { store, manifest, summary, places };
  const report = await (light ? writeLightReport(parts) : writeReport(parts));
  return { runId, report, summary, table: renderTable(summary, manifest) };
};
