import type { Manifest, Question, RunRecord, Step, StopReason, TokenSequence } from '@coa/core';
import { tokenTexts } from './token-texts.ts';

/** Small records for the tests of this lib. */
export const question = (parts: Partial<Question> = {}): Question => ({
  id: 'q1',
  dataset: 'hotpotqa',
  split: 'test',
  text: 'Where does the Seine end?',
  golds: ['Le Havre'],
  supporting: [],
  supportComplete: false,
  type: null,
  hops: null,
  ...parts,
});

export const action: Step = { kind: 'action', tool: 'search', input: 'seine mouth' };

export const answer = (text: string): Step => ({ kind: 'answer', text });

type Parts = {
  readonly arm?: string;
  readonly repeat?: number;
  readonly question?: Question;
  readonly steps?: readonly Step[];
  readonly stop?: StopReason;
  readonly completionTokens?: number;
  readonly metrics?: Record<string, number | null>;
  readonly tokens?: TokenSequence;
};

export const record = (parts: Parts = {}): RunRecord => ({
  runId: 'run-1',
  arm: parts.arm ?? 'AutoCoA',
  repeat: parts.repeat ?? 0,
  seed: 7,
  outcome: {
    kind: 'rollout',
    rollout: {
      trajectory: {
        question: parts.question ?? question(),
        protocol: 'coa@1',
        steps: parts.steps ?? [answer('Le Havre')],
        stop: parts.stop ?? 'answered',
      },
      tokens: parts.tokens ?? null,
      usage: { promptTokens: 100, completionTokens: parts.completionTokens ?? 10, requests: 1 },
    },
  },
  metrics: parts.metrics ?? { exactMatch: 1, tokenF1: 1 },
  seconds: 1.5,
});

export const failure = (message: string, parts: Parts = {}): RunRecord => ({
  ...record({ ...parts, metrics: {} }),
  outcome: { kind: 'error', question: parts.question ?? question(), message, attempts: 3 },
});

export const manifest = (parts: Partial<Manifest> = {}): Manifest => ({
  runId: 'run-1',
  experiment: 'qa-eval',
  claim: 'A small model answers questions in three ways.',
  command: 'npx nx run experiments:qa-eval',
  rootSeed: 0,
  repeats: 1,
  arms: { AutoCoA: {} },
  datasets: [{ name: 'hotpotqa', questions: 1, sha256: 'ab' }],
  metrics: [{ id: 'exactMatch', version: 1 }],
  model: { name: 'smollm2-135m-instruct', fingerprint: 'cd' },
  environment: { name: 'search', fingerprint: 'ef' },
  prompts: {},
  revision: { commit: 'c0ffee', dirty: false, lockfile: 'ff' },
  machine: { node: '20.20.0', cpu: 'two cores', cores: 2, platform: 'linux-x64' },
  startedAt: '2026-01-01T00:00:00Z',
  ...parts,
});

/** One token per UTF-8 byte, so that characters fall apart into tokens; 256 marks the end of a turn. */
export const byteTexts = tokenTexts((id) => {
  if (id === 256) return { bytes: new TextEncoder().encode('<|end|>'), control: true };
  return id < 256 ? { bytes: Uint8Array.of(id), control: false } : null;
});

/** A stretch of tokens: who wrote it, and its text. */
export type Stretch = readonly ['given' | 'sampled' | 'observation', string];

/** Byte tokens of stretches; log-probabilities of sampled ones go from 0 to -2 again and again. */
export const tokensOf = (parts: readonly Stretch[]): TokenSequence => {
  const bytes = parts.map(
    ([source, text]) => [source, [...new TextEncoder().encode(text)]] as const,
  );
  const each = (of: (source: Stretch[0], byte: number, at: number) => number): number[] =>
    bytes.flatMap(([source, all]) => all.map((byte, at) => of(source, byte, at)));
  return {
    ids: Int32Array.from(each((_, byte) => byte)),
    promptMask: Uint8Array.from(each((source) => Number(source === 'given'))),
    observationMask: Uint8Array.from(each((source) => Number(source === 'observation'))),
    logprobs: Float32Array.from(
      each((source, _, at) => (source === 'sampled' ? -(at % 7) / 3 : Number.NaN)),
    ),
  };
};
