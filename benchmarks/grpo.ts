/**
 * Where the time of a GRPO step goes: `npx tsx benchmarks/grpo.ts [--model FOLDER] [--batches 4] [--threads 2]`. Real batches of
 * Atlas (16 questions x 8 rollouts, real search) on the committed base model or a trained one; seconds of rollouts and
 * updates, tokens/s of each, and the main thread's own time by lib, from V8's sampling profiler.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { atlasTraining } from '@coa/atlas';
import { openCompute } from '@coa/compute';
import { coaProtocol } from '@coa/core';
import { type GrpoReport, paperReward, trainGrpo } from '@coa/grpo';
import { disposeModel, loadModel, modelPolicy } from '@coa/model';
import { atlasLimits, atlasRl, atlasSearch, openRetriever, searchEnvironment } from '@coa/runner';
import { loadTokenizer } from '@coa/tokenizer';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'datasets/atlas/base' },
    batches: { type: 'string', default: '4' },
    threads: { type: 'string' },
  },
});

type Frame = { readonly functionName: string; readonly url: string };

type Profile = {
  readonly profile: {
    readonly nodes: readonly {
      readonly id: number;
      readonly callFrame: Frame;
      readonly children?: readonly number[];
    }[];
    readonly samples?: readonly number[];
    readonly timeDeltas?: readonly number[];
  };
};

/** Which part of the lab a stack's innermost function belongs to; null where it is native and counts for its caller. */
const partOf = ({ url, functionName }: Frame): string | null => {
  const lib = /libs\/([a-z-]+)\//.exec(url)?.[1];
  if (lib) return lib;
  if (url.includes('tensorflow')) return 'tfjs';
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(idle)') return 'idle: other threads work, or none';
  if (functionName === '(program)') return 'outside JavaScript, or waiting';
  if (url === '' && !functionName.startsWith('(')) return null;
  return url.includes('node_modules') ? 'other packages' : 'node and V8';
};

/** The part of each node of the call tree. */
const partsOf = ({ nodes }: Profile['profile']): Map<number, string> => {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const partAt = (id: number | undefined): string =>
    id === undefined ? 'node and V8' : (partOf(frames.get(id)!) ?? partAt(parents.get(id)));
  return new Map(nodes.map(({ id }) => [id, partAt(id)]));
};

/** Seconds of own time by part. */
const ownTimes = ({ profile }: Profile): Map<string, number> => {
  const parts = partsOf(profile);
  const seconds = new Map<string, number>();
  for (const [i, sample] of (profile.samples ?? []).entries()) {
    const part = parts.get(sample)!;
    seconds.set(part, (seconds.get(part) ?? 0) + (profile.timeDeltas?.[i] ?? 0) / 1e6);
  }
  return seconds;
};

const folder = mkdtempSync(join(tmpdir(), 'coa-grpo-bench-'));
const opened = await openCompute(
  options.threads === undefined ? {} : { threads: Number(options.threads) },
);
const model = loadModel(options.model);
const policy = modelPolicy({
  model,
  tokenizer: loadTokenizer(readFileSync(join(options.model, 'tokenizer.json'), 'utf8')),
  name: 'bench',
  fingerprint: 'bench',
  contextTokens: atlasLimits.contextTokens,
  cacheBytes: 2 ** 28,
});
const retriever = await openRetriever('atlas', {
  places: { root: process.cwd(), home: folder },
  stopping: new AbortController().signal,
  onProgress: () => undefined,
});
const environment = searchEnvironment(retriever, policy, { ...atlasSearch, ...atlasLimits });
const batches = Number(options.batches);
const { config, prompt } = atlasRl('bench', { simulated: 0, real: batches });
const questions = atlasTraining(400, { knownShare: 0.25, seed: 0 }).map(({ question }) => question);
const reports: GrpoReport[] = [];
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.start');
await trainGrpo(
  model,
  {
    policy,
    protocol: coaProtocol(prompt),
    options: { ...atlasLimits, temperature: 1 },
    questions,
    reward: paperReward(0.1),
    environmentAt: () => ({ kind: 'real', environment }),
    reference: null,
    recipe: 'bench',
  },
  { ...config, batches, seed: 0 },
  {
    checkpoint: null,
    now: () => performance.now(),
    onStep: (report) => {
      reports.push(report);
      const { step, rolloutSeconds, updateSeconds, reward, actions } = report;
      console.error(
        `step ${step}: rollouts ${rolloutSeconds.toFixed(2)} s, update ${updateSeconds.toFixed(2)} s, reward ${reward.toFixed(3)}, ${actions.toFixed(2)} actions`,
      );
    },
  },
);
const profile = (await session.post('Profiler.stop')) as unknown as Profile;
session.disconnect();
await policy.close();
disposeModel(model);
rmSync(folder, { recursive: true });

const median = (of: (report: GrpoReport) => number): number => {
  const sorted = reports.map(of).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
};
const lines = [
  `${opened.backend} (${opened.detail}), ${opened.threads} threads, ${batches} batches of ${config.questionsPerBatch} x ${config.groupSize}; medians`,
  `rollouts  ${median((r) => r.rolloutSeconds).toFixed(2)} s, ${median((r) => r.rolloutTokensPerSecond).toFixed(0)} sampled tokens/s`,
  `update    ${median((r) => r.updateSeconds).toFixed(2)} s, ${median((r) => r.updateTokensPerSecond).toFixed(0)} tokens/s through forward and backward`,
  'own time of the main thread (a kernel counts for the function that called it; its other threads are not in it)',
];
const own = [...ownTimes(profile)].sort(([, a], [, b]) => b - a);
const all = own.reduce((sum, [, seconds]) => sum + seconds, 0);
for (const [part, seconds] of own)
  if (seconds / all > 0.005)
    lines.push(`  ${part.padEnd(36)} ${((100 * seconds) / all).toFixed(1).padStart(5)} %`);
console.log(lines.join('\n'));
