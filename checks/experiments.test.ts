import { existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { workedExamples } from '@coa/core';
import { importDatasets, loadEvaluationQuestions, normalisedText } from '@coa/datasets';
import { scriptedPolicy } from '@coa/policies';
import { loadExperiment, runExperiment } from '@coa/runner';
import { expect, test } from 'vitest';

const checkout = resolve(import.meta.dirname, '..');
const shared = resolve(process.env.COA_SHARED ?? join(checkout, '../shared'), 'data');

/** A root that shares its data sets with the checkout, with a home and reports of its own. */
const freshPlaces = () => {
  const root = mkdtempSync(join(tmpdir(), 'coa-checks-'));
  symlinkSync(join(checkout, 'datasets'), join(root, 'datasets'));
  return { root, home: join(root, 'home') };
};

const names = readdirSync(join(checkout, 'experiments'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

const all = await Promise.all(names.map((name) => loadExperiment(name, checkout)));
const evaluated = all.flatMap((one) => ('kind' in one ? [] : [one]));

test.each(names)(
  'experiment %s runs: one question of every set and the scripted policy, or its toy size',
  { timeout: 240_000 },
  async (name) => {
    const places = freshPlaces();
    const policy = scriptedPolicy({ script: () => 'yes\n', contextTokens: 100_000 });
    const never = new AbortController().signal;
    const experiment = await loadExperiment(name, checkout);
    if ('kind' in experiment) {
      const said: string[] = [];
      const result = await experiment.run({
        places,
        folder: join(places.home, 'training', name),
        size: 'toy',
        seed: experiment.seed,
        compute: {},
        stopping: never,
        say: (line) => said.push(line),
        onProgress: () => undefined,
      });
      expect(result.complete).toBe(true);
      expect(result.table).not.toBe('');
      return;
    }
    const roomy = Object.entries(experiment.arms).map(
      ([arm, settings]) =>
        [arm, { ...settings, options: { ...settings.options, contextTokens: 50_000 } }] as const,
    );
    const result = await runExperiment(
      { ...experiment, arms: Object.fromEntries(roomy) },
      { limit: 1 },
      {
        places,
        policy,
        command: 'check',
        stopping: never,
        abort: never,
        say: () => undefined,
        onProgress: () => undefined,
      },
    );
    expect(result.complete).toBe(true);
    expect(result.errors).toBe(0);
    expect(existsSync(result.report)).toBe(true);
  },
);

/** Shared, so that a stage that several experiments have is trained once. */
const toyPlaces = freshPlaces();

test.each(evaluated)(
  'experiment $name trains and answers in toy size: every arm and stage, one question of its first set',
  { timeout: 240_000 },
  async (experiment) => {
    const never = new AbortController().signal;
    const result = await runExperiment(
      experiment,
      { toy: true, datasets: experiment.datasets.slice(0, 1) },
      {
        places: toyPlaces,
        command: 'check',
        stopping: never,
        abort: never,
        say: () => undefined,
        onProgress: () => undefined,
      },
    );
    expect(result).toMatchObject({ complete: true, errors: 0 });
    expect(result.made).toBe(Object.keys(experiment.arms).length);
    for (const arm of Object.keys(experiment.arms)) expect(result.table).toContain(arm);
  },
);

test('no worked example is an evaluation question (the published ones where ../shared is at hand)', async () => {
  const places = freshPlaces();
  if (existsSync(shared)) await importDatasets(shared, { places });
  const held = new Set(
    (await loadEvaluationQuestions(places)).map(({ text }) => normalisedText(text)),
  );
  expect(held.size).toBeGreaterThanOrEqual(existsSync(shared) ? 2_900 : 90);
  expect(workedExamples.filter(({ question }) => held.has(normalisedText(question)))).toEqual([]);
});
