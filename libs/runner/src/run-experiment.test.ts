import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Policy } from '@coa/core';
import { exportRun, openStore } from '@coa/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshPlaces, searchingPolicy, tinyExperiment, tinyServices } from './fixtures/tiny.ts';
import type { Places } from './places.ts';
import { runExperiment } from './run-experiment.ts';

const exported = (places: Places, runId: string): string => {
  const store = openStore(join(places.home, 'runs.db'));
  const parts = [...exportRun(store, runId, { format: 'jsonl', tokens: true })];
  store.close();
  return Buffer.concat(parts).toString();
};

describe('one run, end to end over the primer, with the scripted policy', () => {
  const places = freshPlaces();

  test('every rollout is stored and scored; table and report are written', async () => {
    const result = await runExperiment(tinyExperiment, {}, tinyServices(places));
    expect(result).toMatchObject({ total: 24, resumed: 0, made: 24, errors: 0, complete: true });
    expect(result.table).toContain('primer-musique');
    const html = readFileSync(result.report, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('coa run tiny');
    const lines = exported(places, result.runId)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(24);
    expect(lines[0].arm).toBe('AutoCoA');
    expect(lines[0].steps.map(({ kind }: { kind: string }) => kind)).toEqual([
      'think',
      'action',
      'observation',
      'think',
      'answer',
    ]);
    expect(lines[0].metrics.actionSteps).toBe(1);
  });

  test('repeats of a question are samples of their own, in the store too', async () => {
    const { runId } = await runExperiment(tinyExperiment, {}, tinyServices(places));
    const lines = exported(places, runId)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    // the scripted policy ends its answers with the seed that it is asked with
    const answers = lines.map(({ arm, dataset, questionId, steps }) =>
      JSON.stringify([arm, dataset, questionId, steps.at(-1).text]),
    );
    expect(new Set(answers).size).toBe(24);
    expect(new Set(lines.map(({ seed }) => seed)).size).toBe(12);
  });

  test('the same command makes nothing twice', async () => {
    const again = await runExperiment(tinyExperiment, {}, tinyServices(places));
    expect(again).toMatchObject({ resumed: 24, made: 0, complete: true });
  });

  test('order and concurrency change nothing', async () => {
    const other = freshPlaces();
    const services = tinyServices(other, { concurrency: 7 });
    const result = await runExperiment(tinyExperiment, {}, services);
    expect(exported(other, result.runId)).toBe(exported(places, result.runId));
  });

  test('another seed is another run', async () => {
    const first = await runExperiment(tinyExperiment, { limit: 1 }, tinyServices(places));
    const other = await runExperiment(tinyExperiment, { limit: 1, seed: 1 }, tinyServices(places));
    expect(other.runId).not.toBe(first.runId);
    expect(other.made).toBe(8);
  });
});

test('kill -9 in the middle, then the same command: the result equals an unbroken run byte for byte', async () => {
  const broken = freshPlaces();
  const file = join(import.meta.dirname, 'fixtures/run-tiny.ts');
  // with twelve generations it makes five rollouts at least and twelve at most of the 24, two at a time
  const child = spawn(process.execPath, ['--import', 'tsx', file, broken.root, broken.home, '12']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const errors: string[] = [];
  child.stderr.on('data', (part: Buffer) => errors.push(part.toString()));
  const signal = await new Promise((resolve) => {
    child.stdout.on('data', (part: Buffer) => {
      if (Number(part.toString().trim().split('\n').at(-1)) >= 5) child.kill('SIGKILL');
    });
    child.on('exit', (_, by) => resolve(by));
  });
  expect(signal, errors.join('')).toBe('SIGKILL');
  const resumed = await runExperiment(tinyExperiment, {}, tinyServices(broken));
  expect(resumed.resumed).toBeGreaterThanOrEqual(5);
  expect(resumed.resumed).toBeLessThanOrEqual(12);
  expect(resumed.complete).toBe(true);
  const unbroken = freshPlaces();
  const whole = await runExperiment(tinyExperiment, {}, tinyServices(unbroken));
  expect(exported(broken, resumed.runId)).toBe(exported(unbroken, whole.runId));
  // a process that starts on a machine that is busy takes its time
}, 240_000);

test('Ctrl-C finishes what is in flight; the same command goes on with the rest', async () => {
  const places = freshPlaces();
  const stopping = new AbortController();
  const onProgress = (_: string, done: number) => {
    if (done === 4) stopping.abort();
  };
  const services = tinyServices(places, { stopping: stopping.signal, onProgress, concurrency: 2 });
  const stopped = await runExperiment(tinyExperiment, {}, services);
  expect(stopped.complete).toBe(false);
  expect(stopped.made).toBeLessThanOrEqual(6);
  const rest = await runExperiment(tinyExperiment, {}, tinyServices(places));
  expect(rest).toMatchObject({ resumed: stopped.made, complete: true });
});

test('two runs at once on one store do not disturb each other', async () => {
  const places = freshPlaces();
  const runs = [0, 1].map((seed) => runExperiment(tinyExperiment, { seed }, tinyServices(places)));
  const [a, b] = await Promise.all(runs);
  expect([a?.made, b?.made]).toEqual([24, 24]);
});

test('engine failures are tried again, then counted as errors, never as wrong answers, and made up for later', async () => {
  const places = freshPlaces();
  let calls = 0;
  const working = searchingPolicy();
  const flaky: Policy = {
    ...working,
    generate: async (requests, signal) => {
      calls += 1;
      const { user } = requests[0]!.context.prompt;
      if (user.includes('polonium') || calls === 1) throw new Error('engine on fire');
      return working.generate(requests, signal);
    },
  };
  const asked = { datasets: ['primer-nq'], limit: 15, repeats: 1 };
  const failed = await runExperiment(
    tinyExperiment,
    asked,
    tinyServices(places, { policy: flaky }),
  );
  expect(failed).toMatchObject({ total: 30, made: 30, errors: 2 });
  expect(failed.summary.rows.map(({ n, errors }) => [n, errors])).toEqual([
    [14, 1],
    [14, 1],
  ]);
  const mended = await runExperiment(tinyExperiment, asked, tinyServices(places));
  expect(mended).toMatchObject({ resumed: 28, made: 2, errors: 0, complete: true });
});

test('an engine that is down ends the run after ten errors in a row; what was made is kept', async () => {
  const places = freshPlaces();
  const dead: Policy = {
    ...searchingPolicy(),
    generate: async () => {
      throw new Error('connection refused');
    },
  };
  const services = tinyServices(places, { policy: dead, concurrency: 1 });
  await expect(runExperiment(tinyExperiment, {}, services)).rejects.toThrow(
    /10 rollouts in a row failed, the last with: connection refused/,
  );
  const mended = await runExperiment(tinyExperiment, {}, tinyServices(places));
  expect(mended).toMatchObject({ resumed: 0, made: 24, errors: 0 });
});

test('a context that cannot fit is an error at the first try', async () => {
  let calls = 0;
  const small: Policy = {
    ...searchingPolicy(),
    generate: async () => {
      calls += 1;
      throw new RangeError('900 tokens do not fit');
    },
  };
  const asked = { datasets: ['primer-nq'], limit: 1, repeats: 1, arms: ['AutoCoA'] };
  const failed = await runExperiment(
    tinyExperiment,
    asked,
    tinyServices(freshPlaces(), { policy: small }),
  );
  expect(failed.errors).toBe(1);
  expect(calls).toBe(1);
});

test('a store from a newer schema is refused before anything is fetched or run', async () => {
  const places = freshPlaces();
  await runExperiment(tinyExperiment, { limit: 1 }, tinyServices(places));
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(places.home, 'runs.db'));
  database.pragma('user_version = 99');
  database.close();
  await expect(runExperiment(tinyExperiment, { limit: 1 }, tinyServices(places))).rejects.toThrow(
    /99/,
  );
});

test.each([
  [{ datasets: ['primer-nq', 'primer-nq'] }, /'primer-nq' would run primer-nq a second time/],
  [{ datasets: ['nq', 'primer-nq'] }, /'primer-nq' would run primer-nq a second time/],
  [{ datasets: ['hotpotqe'] }, /unknown data set 'hotpotqe'; did you mean 'hotpotqa'\?/],
  [{ datasets: ['atlas_nq'] }, /did you mean 'atlas-nq'\? Known: atlas-nq, .*primer-nq/],
  [{ arms: ['Agentic'] }, /unknown arm 'Agentic'; the experiment has: AutoCoA, Model only/],
])('%j is refused by name', async (overrides, message) => {
  await expect(
    runExperiment(tinyExperiment, overrides, tinyServices(freshPlaces())),
  ).rejects.toThrow(message);
});

test('a set that is not at hand is replaced by its primer twin, and that is said', async () => {
  const said: string[] = [];
  const services = tinyServices(freshPlaces(), { say: (line) => said.push(line) });
  const result = await runExperiment(tinyExperiment, { datasets: ['nq'], limit: 1 }, services);
  expect(result.summary.datasets).toEqual(['primer-nq']);
  expect(said.join('\n')).toMatch(/the primer stands in: nq/);
});

test('a baseline among the arms that are left out is said', async () => {
  const said: string[] = [];
  const services = tinyServices(freshPlaces(), { say: (line) => said.push(line) });
  const based = { ...tinyExperiment, baseline: 'AutoCoA' };
  await runExperiment(based, { arms: ['Model only'], limit: 1, repeats: 1 }, services);
  expect(said).toContain('the baseline AutoCoA does not run: no differences to it');
});
