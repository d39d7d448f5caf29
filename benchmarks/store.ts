/**
 * Trajectories stored per second: `npx tsx benchmarks/store.ts [COUNT]` (default 5,000, 30 steps each, one
 * transaction each), beside the simplest peer: one JSON line appended per trajectory, without fsync either.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord, TokenSequence } from '@coa/core';
import { describeMachine, openStore } from '@coa/store';
import { manifestOf, questionOf, recordOf } from './store-records.ts';

const count = Number(process.argv[2] ?? 5000);
const questionsPerSet = 500;
const repeats = Math.ceil(count / questionsPerSet);
const tokensEach = 2000;

const manifest = manifestOf({
  runId: 'benchmark',
  experiment: 'benchmark',
  command: 'npx tsx benchmarks/store.ts',
  arms: { CoA: {} },
  datasets: [{ name: 'synthetic', questions: questionsPerSet, sha256: '' }],
  repeats,
  metrics: ['exactMatch', 'tokenF1', 'actionSteps', 'goldRecall'],
});

const questions = Array.from({ length: questionsPerSet }, (_, i) => questionOf('synthetic', i));

const shape = {
  rounds: 9,
  sentences: 8,
  closing: ['The bridge is mentioned twice.', 'So it must be that river.'],
};

const tokensOf = (): TokenSequence => ({
  ids: new Int32Array(tokensEach).map((_, index) => (index * 7919) % 49152),
  promptMask: new Uint8Array(tokensEach),
  observationMask: new Uint8Array(tokensEach),
  logprobs: new Float32Array(tokensEach).map((_, index) => -(index % 17) / 3),
});

const recordAt = (index: number, tokens: TokenSequence | null): RunRecord =>
  recordOf(
    {
      ...{ runId: 'benchmark', arm: 'CoA', seed: index, shape },
      repeat: Math.floor(index / questionsPerSet),
      question: questions[index % questionsPerSet]!,
      metrics: { exactMatch: index % 2, tokenF1: 0.5, actionSteps: 9, goldRecall: null },
    },
    tokens,
  );

const seconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

const print = (name: string, figures: Record<'write' | 'read' | 'bytes', number>): void => {
  const [write, read] = [count / figures.write, count / figures.read].map((rate) =>
    Math.round(rate).toLocaleString('en').padStart(7),
  );
  const each = Math.round(figures.bytes / count).toLocaleString('en');
  console.log(
    `${name.padEnd(34)} ${write} stored/s  ${read} read/s  ${each.padStart(7)} bytes each`,
  );
};

const folder = mkdtempSync(join(tmpdir(), 'coa-store-benchmark-'));

const benchStore = (name: string, tokens: TokenSequence | null): void => {
  const file = join(folder, `${name}.db`);
  const records = Array.from({ length: count }, (_, index) => recordAt(index, tokens));
  const store = openStore(file, { tokenEncoding: name.includes('deflated') ? 'deflate' : 'raw' });
  store.startRun(manifest, questions);
  const write = seconds(() => records.forEach(store.appendRecord));
  let met = 0;
  const read = seconds(() => {
    for (const { outcome } of store.readRecords('benchmark'))
      met += Number(outcome.kind !== 'error');
  });
  if (met !== count) throw new Error(`read ${met} of ${count} records`);
  store.close();
  print(`store, ${name}`, { write, read, bytes: statSync(file).size });
  rmSync(file);
};

const benchLines = (): void => {
  const file = join(folder, 'lines.jsonl');
  const records = Array.from({ length: count }, (_, index) => recordAt(index, null));
  const write = seconds(() => {
    for (const record of records) appendFileSync(file, `${JSON.stringify(record)}\n`);
  });
  let met = 0;
  const read = seconds(() => {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const line of lines) met += Number(JSON.parse(line).outcome.kind !== 'error');
  });
  if (met !== count) throw new Error(`read ${met} of ${count} lines`);
  print('JSON lines, appended, no fsync', { write, read, bytes: statSync(file).size });
};

const { cpu, cores, node } = describeMachine();
console.log(`${count} trajectories of 30 steps; ${cores} cores, ${cpu}, Node ${node}`);
try {
  benchStore('no tokens', null);
  benchStore(`${tokensEach} tokens each`, tokensOf());
  benchStore(`${tokensEach} tokens, deflated`, tokensOf());
  benchLines();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
