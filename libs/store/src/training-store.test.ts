import { join } from 'node:path';
import type { Question, Rollout } from '@coa/core';
import { expect, test } from 'vitest';
import { exportFormats, exportRun } from './export-run.ts';
import {
  manifestOf,
  questionOf,
  questions,
  rolloutRecord,
  steps,
  temporaryFolder,
  tokens,
} from './records.test-data.ts';
import { openStore, type Store, type StoreOptions } from './store.ts';
import type { NewTrainingRollout, NewTrainingStep } from './write-training-step.ts';

const key = '00112233aabbccdd';
const training = {
  key,
  stage: 'RL-1',
  seed: 4294967295,
  recipe: { alpha: 0.1, stages: ['SFT-1'] },
};
const q1: Question = {
  ...questionOf('musique', 'm1'),
  evidence: [{ subject: 'Ada', relation: 'father', object: 'Byron', passageIds: ['p1', 'p2'] }],
  known: false,
};
const q2 = questionOf('musique', 'm2');

const rolloutOf = (question: Question, parts: Partial<Rollout> = {}): Rollout => ({
  trajectory: { question, protocol: 'coa@1', steps, stop: 'answered' },
  tokens,
  usage: { promptTokens: 100, completionTokens: 20, requests: 3 },
  ...parts,
});

const rated = (question: Question, group: number, reward: number): NewTrainingRollout => ({
  rollout: rolloutOf(question),
  group,
  reward,
  advantage: reward - 0.5,
});

/** Two groups of two, told in turn. */
const stepOf = (step: number, changes: Partial<NewTrainingStep> = {}): NewTrainingStep => ({
  step,
  steps: 4,
  numbers: { loss: 0.25, kl: null, reward: 0.5 },
  rollouts: [rated(q1, 0, 1), rated(q2, 1, 0), rated(q1, 0, 0), rated(q2, 1, 1)],
  ...changes,
});

const opened = (options: StoreOptions = {}): Store => {
  const store = openStore(':memory:', options);
  store.startTraining(training);
  return store;
};

const places = (store: Store, step?: number) =>
  [...store.readTrainingRollouts(key, step === undefined ? {} : { step })].map(
    ({ step: at, group, member, reward, rollout }) =>
      [at, group, member, rollout.trajectory.question.id, reward] as const,
  );

test.each(['raw', 'deflate'] as const)('a step comes back exactly (%s tokens)', (tokenEncoding) => {
  const store = opened({ tokenEncoding });
  const timing = { tokensPerSecond: 41_000.5, seconds: Number.NaN };
  const other = {
    rollout: rolloutOf(q2, {
      trajectory: { question: q2, protocol: 'a\0b', steps: [], stop: 'malformed' },
      tokens: null,
    }),
    ...{ group: 3, reward: -0.1, advantage: 1.5, simulatedCalls: 2 },
  } as const;
  store.appendTrainingStep(key, stepOf(2, { timing, rollouts: [other, rated(q1, 1, 1)] }));
  const { numbers } = stepOf(2);
  expect(store.readTrainingSteps(key)).toEqual([
    { step: 2, steps: 4, numbers, timing: { tokensPerSecond: 41_000.5, seconds: null } },
  ]);
  expect([...store.readTrainingRollouts(key)]).toEqual([
    { ...rated(q1, 1, 1), step: 2, member: 0, simulatedCalls: null },
    { ...other, step: 2, member: 0 },
  ]);
  const [bare] = store.readTrainingRollouts(key, { tokens: false });
  expect(bare!.rollout).toEqual(rolloutOf(q1, { tokens: null }));
});

test('steps are read in order, rollouts by step, group and place in it; or those of one step', () => {
  const store = opened();
  for (const step of [3, 1, 2]) {
    store.appendTrainingStep(key, stepOf(step, step === 2 ? { rollouts: [] } : {}));
  }
  expect(store.readTrainingSteps(key).map(({ step }) => step)).toEqual([1, 2, 3]);
  const inStep = (step: number) => [
    [step, 0, 0, 'm1', 1],
    [step, 0, 1, 'm1', 0],
    [step, 1, 0, 'm2', 0],
    [step, 1, 1, 'm2', 1],
  ];
  expect(places(store)).toEqual([...inStep(1), ...inStep(3)]);
  expect(places(store, 3)).toEqual(inStep(3));
  expect(places(store, 2)).toEqual([]);
});

test('a step told again replaces what it had and nothing else', () => {
  const store = opened();
  store.appendTrainingStep(key, stepOf(1));
  store.appendTrainingStep(key, stepOf(2));
  store.appendTrainingStep(
    key,
    stepOf(2, { numbers: { loss: 0.125 }, rollouts: [rated(q2, 0, 1)] }),
  );
  expect(store.readTrainingSteps(key).map(({ numbers }) => numbers.loss)).toEqual([0.25, 0.125]);
  expect(places(store, 1)).toHaveLength(4);
  expect(places(store, 2)).toEqual([[2, 0, 0, 'm2', 1]]);
});

test('rollouts are read while steps are replaced and added: each step whole, as it is by then', () => {
  const store = opened();
  store.startTraining({ ...training, key: 'other' });
  for (const step of [1, 2]) store.appendTrainingStep(key, stepOf(step));
  const reading = store.readTrainingRollouts(key);
  expect(reading.next().value).toMatchObject({ step: 1, group: 0, member: 0 });
  store.appendTrainingStep(key, stepOf(1, { rollouts: [] }));
  store.appendTrainingStep(key, stepOf(2, { rollouts: [] }));
  store.appendTrainingStep('other', stepOf(2));
  store.appendTrainingStep(key, stepOf(2, { rollouts: [rated(q2, 7, 1)] }));
  store.appendTrainingStep(key, stepOf(3));
  expect([...reading].map(({ step, group }) => [step, group])).toEqual([
    [1, 0],
    [1, 1],
    [1, 1],
    [2, 7],
  ]);
});

test.each<[string, Partial<NewTrainingStep>, string]>([
  ['a number that is none', { numbers: { loss: Number.NaN } }, 'loss is NaN'],
  ['a step beyond the last', { step: 5 }, 'counted from 1 to 4'],
  ['step 0', { step: 0 }, 'counted from 1 to 4'],
  ['an endless reward', { rollouts: [rated(q1, 0, Infinity)] }, 'reward Infinity'],
  ['half a group', { rollouts: [rated(q1, 0.5, 1)] }, 'group 0.5'],
  [
    'less than no calls',
    { rollouts: [{ ...rated(q1, 0, 1), simulatedCalls: -1 }] },
    '-1 simulated calls',
  ],
  [
    'tokens of unequal length',
    {
      rollouts: [
        rated(q2, 0, 1),
        {
          ...rated(q1, 0, 1),
          rollout: rolloutOf(q1, { tokens: { ...tokens, ids: new Int32Array(1) } }),
        },
      ],
    },
    'differ in length',
  ],
  [
    'another question under a known id',
    { rollouts: [rated(q1, 0, 1), rated({ ...q1, golds: ['Grace'] }, 0, 0)] },
    'question musique/m1 differs',
  ],
])('a step with %s is refused; what it had before stays', (_, change, message) => {
  const store = opened();
  store.appendTrainingStep(key, stepOf(1));
  const before = [...store.readTrainingRollouts(key)];
  expect(() => store.appendTrainingStep(key, stepOf(1, change))).toThrow(message);
  expect(store.readTrainingSteps(key)).toHaveLength(1);
  expect([...store.readTrainingRollouts(key)]).toEqual(before);
});

test('a training is new once, then resumed, its first recipe kept; another stage or seed is refused', () => {
  const file = join(temporaryFolder(), 'runs.db');
  const first = openStore(file);
  expect(first.startTraining(training)).toBe('new');
  first.appendTrainingStep(key, stepOf(1));
  first.close();
  const store = openStore(file);
  expect(store.startTraining({ ...training, recipe: { alpha: 0.2 } })).toBe('resumed');
  store.appendTrainingStep(key, stepOf(2));
  store.startTraining({ ...training, key: 'other' });
  expect(store.listTrainings()).toMatchObject([
    { key: 'other', step: null, steps: null },
    { ...training, step: 2, steps: 4 },
  ]);
  expect(() => store.startTraining({ ...training, stage: 'SFT-2' })).toThrow("not 'SFT-2'");
  expect(() => store.startTraining({ ...training, seed: 1 })).toThrow('with seed 1');
  expect(() => store.startTraining({ ...training, seed: -1 })).toThrow('seed -1 is no unsigned');
  expect(() => store.appendTrainingStep('none', stepOf(1))).toThrow("no training 'none'");
  expect(() => store.readTrainingSteps('none')).toThrow("no training 'none'");
  expect(() => store.readTrainingRollouts('none').next()).toThrow("no training 'none'");
  store.close();
});

const runId = 'toy-1a2b3c';
const withRun = (): Store => {
  const store = opened();
  store.startTraining({ ...training, key: 'sft', stage: 'SFT-1' });
  store.startRun(manifestOf(), questions);
  store.appendRecord(rolloutRecord(questions[0]!));
  return store;
};

test('a run says which trainings made the model of an arm in a repeat', () => {
  const store = withRun();
  store.linkTrainings(runId, 'CoA', 1, [key, 'sft']);
  store.linkTrainings(runId, 'CoA', 0, ['sft']);
  store.linkTrainings(runId, 'ReAct', 1, ['sft']);
  store.linkTrainings(runId, 'CoA', 1, ['sft', key]);
  const { seed } = training;
  const sft = { key: 'sft', stage: 'SFT-1', seed };
  expect(store.trainingsOf(runId)).toEqual([
    { arm: 'ReAct', repeat: 1, ...sft },
    { arm: 'CoA', repeat: 0, ...sft },
    { arm: 'CoA', repeat: 1, ...sft },
    { arm: 'CoA', repeat: 1, key, stage: 'RL-1', seed },
  ]);
  const link = (arm: string, repeat: number, keys: string[]) => () =>
    store.linkTrainings(runId, arm, repeat, keys);
  expect(link('Reflexion', 0, [])).toThrow("no arm 'Reflexion', but ReAct, CoA");
  expect(link('CoA', 2, [])).toThrow('no repeat 2');
  expect(link('CoA', 0, [key, 'none'])).toThrow("no training 'none'");
  expect(store.trainingsOf(runId)).toHaveLength(4);
  expect(() => store.linkTrainings('other', 'CoA', 0, [])).toThrow("run 'other' was not started");
});

test('training never shows in what a run gives: records, counts, keys, metrics and every export', () => {
  const [alone, beside] = [openStore(':memory:'), withRun()];
  alone.startRun(manifestOf(), questions);
  alone.appendRecord(rolloutRecord(questions[0]!));
  beside.linkTrainings(runId, 'CoA', 0, ['sft', key]);
  // Of the very question that the run asks.
  const same = [rated(questions[0]!, 0, 0), rated(questions[0]!, 0, 1)];
  beside.appendTrainingStep(key, stepOf(1, { rollouts: same }));
  const givenBy = (store: Store) => ({
    records: [...store.readRecords(runId)],
    keys: [store.completedKeys(runId), store.errorKeys(runId)],
    // A ULID is no result: it differs from store to store.
    listed: store.listRuns().map(({ ulid: _, ...run }) => run),
    summary: store.summarizeRun(runId),
    metrics: store.metricIds(runId),
    exports: exportFormats.map((format) =>
      Buffer.concat([...exportRun(store, runId, { format, tokens: true })]).toString('base64'),
    ),
  });
  expect(givenBy(beside)).toEqual(givenBy(alone));
  expect(givenBy(beside).records).toHaveLength(1);
});

test('a deleted run leaves its trainings; a training is deleted whole, once no run needs it', () => {
  const store = withRun();
  store.appendTrainingStep(key, stepOf(1));
  store.appendTrainingStep('sft', stepOf(1));
  store.linkTrainings(runId, 'CoA', 0, ['sft', key]);
  expect(() => store.deleteTraining(key)).toThrow('made the models of 1 arms and repeats');
  store.deleteRun(runId);
  expect(store.listTrainings().map((each) => each.key)).toEqual(['sft', key]);
  store.deleteTraining(key);
  expect(store.listTrainings().map((each) => each.key)).toEqual(['sft']);
  expect([...store.readTrainingRollouts('sft')]).toHaveLength(4);
  store.startTraining(training);
  expect([store.readTrainingSteps(key), places(store)]).toEqual([[], []]);
});
