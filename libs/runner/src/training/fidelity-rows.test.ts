import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Question } from '@coa/core';
import { openStore } from '@coa/store';
import type { TwinCall } from '@coa/world-model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTables } from '../run-tables.ts';
import { fidelityRow, fidelityText, keepFidelity, keptFidelity } from './fidelity-rows.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coa-fidelity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const question = (id: string): Question => ({
  ...{ id, dataset: 'atlas-nq', split: 'dev', text: 'Where?', golds: ['Le Havre'], known: true },
  ...{ supporting: [], supportComplete: false, type: null, hops: 1 },
  evidence: [{ subject: 'Seine', relation: 'ends in', object: 'Le Havre', passageIds: [] }],
});

const call = (id: string, real: string, simulated: string): TwinCall => ({
  ...{ question: question(id), before: [], real, simulated },
});

const calls = [
  call('a', 'Le Havre is a port', 'Le Havre is a port'),
  call('a', 'a river', 'a lake'),
  call('b', 'Le Havre', 'Paris'),
];
const of = { model: 'SFT', known: true, logLikelihood: -1.5 };

test('shares over calls, by hand: F1 (1 + 1/2 + 0) / 3, gold 2 of 3 against 1 of 3', () => {
  const row = fidelityRow(calls, of)!;
  expect([row.calls, row.questions, row.logLikelihood]).toEqual([3, 2, -1.5]);
  expect(row.wordF1.mean).toBeCloseTo(0.5, 12);
  expect([row.goldReal.mean, row.goldSimulated.mean]).toEqual([2 / 3, 1 / 3]);
  expect([row.hopReal!.mean, row.hopSimulated!.mean]).toEqual([2 / 3, 1 / 3]);
  expect(row.goldReal.low).toBeLessThan(2 / 3);
  expect(fidelityText([row])).toMatch(/SFT +known +50\.0 \(/);
  expect(fidelityRow([], of)).toBeNull();
});

test('what was measured of a model is in the report of every run that used it', () => {
  const store = openStore(join(folder, 'runs.db'));
  const places = { home: folder, root: folder };
  const manifest = {
    ...{ runId: 'toy-1', experiment: 'toy', claim: '', command: '', rootSeed: 0, repeats: 1 },
    ...{ arms: { mine: {} }, datasets: [], metrics: [], prompts: {}, startedAt: '2026-01-01' },
    model: { name: 'm', fingerprint: 'm' },
    environment: { name: 'e', fingerprint: 'e' },
    revision: { commit: 'unknown', dirty: false, lockfile: 'unknown' },
    machine: { node: 'v20', cpu: 'toy', cores: 1, platform: 'linux-x64' },
  };
  try {
    store.startRun(manifest, []);
    store.startTraining({ key: 'k1', stage: 'SFT-3', seed: 4, recipe: {} });
    store.linkTrainings('toy-1', 'mine', 0, ['k1']);
    expect(keptFidelity(store, 'toy-1', places)).toEqual([]);
    const own = join(folder, 'training', 'stages', 'k1');
    mkdirSync(own, { recursive: true });
    keepFidelity(own, [fidelityRow(calls, of)!]);
    expect(keptFidelity(store, 'toy-1', places)[0]).toMatchObject({
      model: 'SFT (mine, seed 4)',
      calls: 3,
    });
    expect(runTables(store, 'toy-1', places).map(({ id }) => id)).toContain('fidelity');
  } finally {
    store.close();
  }
});
