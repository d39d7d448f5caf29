import { openStore } from '@coa/store';
import { expect, test } from 'vitest';
import { runTrainings, trainingTable } from './run-trainings.ts';
import { manifestOf, questionOf } from './stored-runs.test-data.ts';

test('the trainings of a run, each once, with what their first steps say of their data', () => {
  const store = openStore(':memory:');
  store.startRun(manifestOf('toy-1a', ['CoA', 'ReAct'], 1), [questionOf('q0')]);
  const recipe = {};
  for (const [key, stage] of [
    ['k1', 'SFT-2'],
    ['k2', 'RL'],
  ] as const) {
    store.startTraining({ key, stage, seed: 3, recipe });
  }
  const data = { 'data.coa.accepted': 12, 'data.coa.rejected.wrong-answer': 0 };
  const step = { steps: 2, rollouts: [] };
  store.appendTrainingStep('k1', { ...step, step: 1, numbers: { loss: 1, ...data } });
  store.appendTrainingStep('k1', { ...step, step: 2, numbers: { loss: 1 } });
  store.linkTrainings('toy-1a', 'CoA', 0, ['k1', 'k2']);
  store.linkTrainings('toy-1a', 'ReAct', 0, ['k1']);
  const trainings = runTrainings(store, 'toy-1a');
  expect(trainings).toEqual([
    {
      ...{ key: 'k1', stage: 'SFT-2', seed: 3 },
      data: { 'coa.accepted': 12, 'coa.rejected.wrong-answer': 0 },
    },
    { key: 'k2', stage: 'RL', seed: 3, data: {} },
  ]);
  expect(trainingTable(trainings).split('\n').slice(2)).toEqual([
    'k1        SFT-2     3  coa.accepted 12',
    'k2        RL        3  -',
  ]);
  store.close();
});
