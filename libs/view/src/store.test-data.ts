import type { Manifest, Question, RunRecord, Step } from '@coa/core';
import { openStore, type Store } from '@coa/store';

/** Text that would be markup, script, a control character or another direction, were it not shown as text. */
export const hostile =
  '<script>document.title = "broken"</script></title><!-- ]]> a\u0000b \u202e <img src=https://example.com/x onerror="document.title=1">';

export const manifestOf = (changes: Partial<Manifest> = {}): Manifest => ({
  runId: 'toy-1a',
  experiment: 'toy',
  claim: 'Searching helps.',
  command: 'coa run toy',
  rootSeed: 0,
  repeats: 1,
  arms: { CoA: { temperature: 0.6 }, ReAct: { temperature: 1 } },
  datasets: [{ name: 'nq', questions: 60, sha256: 'aa' }],
  metrics: [{ id: 'exactMatch', version: 1 }],
  model: { name: 'scripted', fingerprint: 'f' },
  environment: { name: 'toy', fingerprint: 'e' },
  prompts: {},
  revision: { commit: 'c', dirty: false, lockfile: 'l' },
  machine: { node: 'v20', cpu: 'toy', cores: 1, platform: 'linux-x64' },
  startedAt: '2026-01-02T03:04:05.000Z',
  ...changes,
});

export const questionOf = (id: string, text = `Question ${id}?`, dataset = 'nq'): Question => ({
  ...{ id, dataset, split: 'test', text, golds: ['Ada'] },
  ...{ supporting: [], supportComplete: false, type: null, hops: null },
});

type Parts = {
  readonly runId?: string;
  readonly arm?: string;
  readonly right?: boolean;
  readonly steps?: readonly Step[];
};

export const recordOf = (question: Question, parts: Parts = {}): RunRecord => {
  const { runId = 'toy-1a', arm = 'CoA', right = true } = parts;
  const written: readonly Step[] = parts.steps ?? [
    { kind: 'think', text: 'I should search.' },
    { kind: 'answer', text: right ? 'Ada' : 'Charles' },
  ];
  return {
    ...{ runId, arm, repeat: 0, seed: 1, seconds: 1 },
    outcome: {
      kind: 'rollout',
      rollout: {
        trajectory: { question, protocol: 'coa@1', steps: written, stop: 'answered' },
        tokens: null,
        usage: { promptTokens: 10, completionTokens: 5, requests: 1 },
      },
    },
    metrics: { exactMatch: Number(right), tokenF1: Number(right) },
  };
};

const questions = Array.from({ length: 60 }, (_, i) => questionOf(`q${i}`));

/** A finished run of two agents: CoA right in 45 of 60, ReAct in 15. */
const storeToy = (store: Store): void => {
  store.startRun(manifestOf(), questions);
  for (const arm of ['CoA', 'ReAct'])
    for (const [i, question] of questions.entries())
      store.appendRecord(recordOf(question, { arm, right: i < (arm === 'CoA' ? 45 : 15) }));
  store.finishRun('toy-1a');
};

const storeHostile = (store: Store): void => {
  const question = { ...questionOf('h', hostile, hostile), golds: [hostile] };
  const manifest = manifestOf({
    ...{ runId: `hostile-${hostile}`, experiment: hostile, claim: hostile, command: hostile },
    arms: { [hostile]: { [hostile]: hostile }, other: {} },
    datasets: [{ name: hostile, questions: 1, sha256: 'aa' }],
    model: { name: hostile, fingerprint: hostile },
  });
  const { runId } = manifest;
  store.startRun(manifest, [question]);
  const steps: Step[] = [
    { kind: 'think', text: hostile },
    { kind: 'action', tool: hostile, input: hostile },
    { kind: 'observation', text: hostile, passageIds: [hostile], failure: null },
    { kind: 'answer', text: hostile },
  ];
  store.appendRecord(recordOf(question, { runId, arm: hostile, steps }));
  store.appendRecord({
    ...recordOf(question, { runId, arm: 'other' }),
    outcome: { kind: 'error', question, message: hostile, attempts: 3 },
    metrics: {},
  });
  store.labelRun(runId, { add: ['<img/src=x>'] });
};

export const trainingKey = 'k/1?#';

/** Step `step` of four: two groups of two rollouts. */
export const appendStep = (store: Store, step: number): void => {
  const rolloutOf = (group: number, member: number) => {
    const record = recordOf(questionOf(`t${group}`, group === 1 ? hostile : 'Easy?'), {
      steps: [{ kind: 'answer', text: member === 0 ? 'Ada' : hostile }],
    });
    if (record.outcome.kind === 'error') throw new Error('no rollout');
    const reward = 1 - member;
    return { rollout: record.outcome.rollout, group, reward, advantage: reward - 0.5 };
  };
  store.appendTrainingStep(trainingKey, {
    step,
    steps: 4,
    numbers: { loss: 1 / step, reward: step / 10, zeroVariance: 0, kl: 0.01, [hostile]: 1 },
    timing: { tokensPerSecond: 100 * step },
    rollouts: [rolloutOf(0, 0), rolloutOf(0, 1), rolloutOf(1, 0), rolloutOf(1, 1)],
  });
};

/** A store with a finished run, one whose every text is hostile, and a training after its second step of four. */
export const storeAll = (file: string): void => {
  const store = openStore(file);
  storeToy(store);
  storeHostile(store);
  store.startTraining({
    key: trainingKey,
    stage: hostile,
    seed: 0,
    recipe: { [hostile]: hostile },
  });
  appendStep(store, 1);
  appendStep(store, 2);
  store.close();
};
