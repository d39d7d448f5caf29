import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Question } from '@coa/core';
import { openStore } from '@coa/store';
import type { TwinCall } from '@coa/world-model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTables } from '../run-tables.ts';
import { fidelityRows, fidelityText, keepFidelity, keptFidelity } from './fidelity-rows.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coa-fidelity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const question = (id: string, golds = ['Le Havre'], known = true): Question => ({
  ...{ id, dataset: 'atlas-nq', split: 'dev', text: 'Where?', golds, known },
  ...{ supporting: [], supportComplete: false, type: null, hops: 1 },
  evidence: [{ subject: 'Seine', relation: 'ends in', object: 'Le Havre', passageIds: [] }],
});

const call = (asked: Question, real: string, simulated: string): TwinCall => ({
  ...{ question: asked, before: [], real, simulated },
});

const [a, b, c] = [question('a'), question('b'), question('c', ['No'])];
const strange = question('d', ['Le Havre'], false);
const calls = [
  call(a, 'Le Havre is a port', 'Le Havre is a port'),
  call(a, 'a river', 'a lake'),
  call(b, 'Le Havre', 'Paris'),
  call(c, 'no', 'no'),
  call(strange, 'Le Havre', 'Rouen'),
];
const likelihoods = [
  { question: a, value: -1 },
  { question: b, value: -2 },
  { question: strange, value: -5 },
];
const rows = () => fidelityRows('SFT', calls, likelihoods);

test('of known entities, by hand: F1 (1 + 1/2 + 0 + 1) / 4; a yes or no is looked for nowhere', () => {
  const [row] = rows();
  expect(row).toMatchObject({ model: 'SFT', known: true, calls: 4, questions: 3 });
  expect(row!.wordF1.mean).toBeCloseTo(2.5 / 4, 12);
  expect(row!.gold).toEqual({ both: 1, 'real only': 1, 'simulated only': 0, neither: 1 });
  expect([row!.goldReal!.mean, row!.goldSimulated!.mean]).toEqual([2 / 3, 1 / 3]);
  expect(row!.hop).toEqual({ both: 1, 'real only': 1, 'simulated only': 0, neither: 2 });
  expect(row!.logLikelihood!.mean).toBeCloseTo(-1.5, 12);
  expect(row!.goldReal!.low).toBeLessThan(2 / 3);
  expect(fidelityText([row!])).toMatch(/SFT +known +62\.5 \(/);
});

test('unknown entities stand apart, and only where they were asked about', () => {
  const [, row] = rows();
  expect(row).toMatchObject({ known: false, calls: 1, questions: 1 });
  expect(row!.gold['real only']).toBe(1);
  expect(row!.logLikelihood!.mean).toBe(-5);
  expect(fidelityRows('SFT', calls.slice(0, 3), []).map(({ known }) => known)).toEqual([true]);
  expect(fidelityRows('SFT', [], likelihoods)).toEqual([]);
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
    keepFidelity(own, rows());
    expect(keptFidelity(store, 'toy-1', places)[0]).toMatchObject({
      model: 'SFT (mine, seed 4)',
      calls: 4,
    });
    expect(runTables(store, 'toy-1', places).map(({ id }) => id)).toContain('fidelity');
  } finally {
    store.close();
  }
});
