import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest, Question, RunRecord } from '@coa/core';
import { openStore } from '@coa/store';
import type { Command } from 'commander';
import { afterEach, beforeEach, vi } from 'vitest';

/** Every test of the file gets a folder, a place for a store in it, and a console that prints nowhere. */
export const storeForEachTest = () => {
  const printed: string[] = [];
  const at = {
    folder: '',
    file: '',
    /** What went to the console, a line or a table each. */
    printed,
    /** Runs a command on the store; resolves to what it printed. */
    run: async (command: Command, ...words: readonly string[]): Promise<string> => {
      process.exitCode = 0;
      await command.parseAsync([...words, '--store', at.file], { from: 'user' });
      return printed.splice(0).join('\n');
    },
  };
  beforeEach(() => {
    at.folder = mkdtempSync(join(tmpdir(), 'coa-command-'));
    at.file = join(at.folder, 'runs.db');
    printed.length = 0;
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = 0;
    rmSync(at.folder, { recursive: true, force: true });
  });
  return at;
};

export const questionOf = (id: string, dataset = 'nq'): Question => ({
  ...{ id, dataset, split: 'test', text: `question ${id}`, golds: ['Ada Lovelace'] },
  ...{ supporting: [], supportComplete: false, type: null, hops: null },
});

export const manifestOf = (runId: string, arms: readonly string[], n: number): Manifest => ({
  runId,
  experiment: 'toy',
  claim: 'none',
  command: 'coa run toy',
  rootSeed: 0,
  repeats: 1,
  arms: Object.fromEntries(arms.map((arm) => [arm, { temperature: arm === 'CoA' ? 0.6 : 1 }])),
  datasets: [{ name: 'nq', questions: n, sha256: 'aa' }],
  metrics: [{ id: 'exactMatch', version: 1 }],
  model: { name: 'scripted', fingerprint: 'f' },
  environment: { name: 'none', fingerprint: 'e' },
  prompts: {},
  revision: { commit: 'unknown', dirty: false, lockfile: 'unknown' },
  machine: { node: 'v20', cpu: 'toy', cores: 1, platform: 'linux-x64' },
  startedAt: '2026-01-02T03:04:05.000Z',
});

/** A record that answers rightly or not. */
export const recordOf = (
  runId: string,
  arm: string,
  { question, right }: { readonly question: Question; readonly right: boolean },
): RunRecord => {
  const text = right ? 'Ada Lovelace' : 'Charles Babbage';
  const steps = [{ kind: 'answer', text } as const];
  return {
    ...{ runId, arm, repeat: 0, seed: 1, seconds: 1 },
    outcome: {
      kind: 'rollout',
      rollout: {
        trajectory: { question, protocol: 'coa@1', steps, stop: 'answered' },
        tokens: null,
        usage: { promptTokens: 1, completionTokens: 1, requests: 1 },
      },
    },
    metrics: { exactMatch: Number(right) },
  };
};

/** Stores a run in which each arm answers so many of its questions rightly, the first ones. */
export const storeRun = (
  file: string,
  runId: string,
  n: number,
  right: Readonly<Record<string, number>>,
): void => {
  const store = openStore(file);
  const questions = Array.from({ length: n }, (_, i) => questionOf(`q${i}`));
  store.startRun(manifestOf(runId, Object.keys(right), n), questions);
  for (const [arm, count] of Object.entries(right))
    for (const [i, question] of questions.entries())
      store.appendRecord(recordOf(runId, arm, { question, right: i < count }));
  store.close();
};
