import type { Manifest, Question, RunRecord, Step, TokenSequence } from '@coa/core';
import { describeMachine } from '@coa/store';

/** A manifest of synthetic records: what differs between benchmarks is given. */
export const manifestOf = (
  own: Pick<Manifest, 'runId' | 'experiment' | 'command' | 'arms' | 'datasets' | 'repeats'> & {
    readonly metrics: readonly string[];
  },
): Manifest => ({
  claim: 'none',
  rootSeed: 0,
  model: { name: 'none', fingerprint: 'none' },
  environment: { name: 'none', fingerprint: 'none' },
  prompts: {},
  revision: { commit: 'unknown', dirty: true, lockfile: 'unknown' },
  machine: describeMachine(),
  startedAt: '2026-01-01T00:00:00.000Z',
  ...own,
  metrics: own.metrics.map((id) => ({ id, version: 1 })),
});

export const questionOf = (dataset: string, index: number): Question => ({
  id: `${dataset}-${index}`,
  dataset,
  split: 'test',
  text: `Which river flows through the town where the author of book ${index} was born?`,
  golds: [`River ${index}`],
  supporting: [{ title: `Book ${index}`, passageId: `p${index}` }],
  supportComplete: true,
  type: null,
  hops: 2,
});

/** How long a trajectory is: rounds of think, action and observation, the length of what is observed, thoughts before the answer. */
export type Shape = {
  readonly rounds: number;
  readonly sentences: number;
  readonly closing: readonly string[];
};

const sentence = 'A town on the river, known for its mills and its old stone bridge. ';

const stepsOf = (index: number, { rounds, sentences, closing }: Shape): Step[] => [
  ...Array.from({ length: rounds }, (_, round): Step[] => [
    { kind: 'think', text: `Round ${round} of ${index}: I should look for the birthplace next.` },
    { kind: 'action', tool: 'search', input: `birthplace of author ${index} ${round}` },
    {
      kind: 'observation',
      text: `result 1: "Town ${round}" ${sentence.repeat(sentences)}`,
      passageIds: [`p${index}`, `p${round}`],
      failure: null,
    },
  ]).flat(),
  ...closing.map((text): Step => ({ kind: 'think', text })),
  { kind: 'answer', text: `River ${index}` },
];

/** A finished rollout; its seed decides its texts. */
export const recordOf = (
  {
    question,
    shape,
    ...own
  }: Pick<RunRecord, 'runId' | 'arm' | 'repeat' | 'seed' | 'metrics'> & {
    readonly question: Question;
    readonly shape: Shape;
  },
  tokens: TokenSequence | null = null,
): RunRecord => {
  const { rounds } = shape;
  const steps = stepsOf(own.seed, shape);
  const trajectory = { question, protocol: 'coa@1', steps, stop: 'answered' } as const;
  const usage = { promptTokens: 600 * rounds, completionTokens: 45 * rounds, requests: rounds + 1 };
  return {
    ...own,
    outcome: { kind: 'rollout', rollout: { trajectory, tokens, usage } },
    seconds: 1.25,
  };
};
