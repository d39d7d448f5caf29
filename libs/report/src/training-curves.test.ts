import { expect, test } from 'vitest';
import { type TrainingCurve, trainingCharts, trainingRows } from './training-curves.ts';

const curve = (stage: string, seed: number, values: readonly (number | null)[]): TrainingCurve => ({
  stage,
  seed,
  steps: values.map((reward, i) => ({ step: i + 1, numbers: { reward, other: 1 } })),
});

test('a line is the mean over seeds, step by step; what is not reported is not drawn', () => {
  const charts = trainingCharts([
    curve('RL', 0, [0, 1]),
    curve('RL', 1, [1, 1]),
    curve('SFT', 0, [null]),
  ]);
  expect(charts).toHaveLength(1);
  expect(charts[0]).toMatchObject({
    title: 'Mean reward of a batch',
    series: [
      {
        name: 'RL',
        points: [
          [1, 0.5],
          [2, 1],
        ],
      },
    ],
  });
});

test('long lines are thinned to means of neighbours', () => {
  const long = Array.from({ length: 120 }, (_, i) => i);
  const { points } = trainingCharts([curve('RL', 0, long)])[0]!.series[0]!;
  expect(points).toHaveLength(60);
  expect(points[0]).toEqual([2, 0.5]);
});

test('the twin holds the first and the last tenth', () => {
  const rows = trainingRows([
    curve(
      'RL',
      0,
      Array.from({ length: 20 }, (_, i) => i),
    ),
  ]);
  expect(rows).toEqual([
    { stage: 'RL', title: 'Mean reward of a batch', seeds: 1, steps: 20, first: 0.5, last: 18.5 },
  ]);
});

test('each kind of stage has its own chart of what differs by kind', () => {
  const stage = (name: string, numbers: Record<string, number>): TrainingCurve => ({
    ...{ stage: name, seed: 0 },
    steps: [{ step: 1, numbers }],
  });
  const charts = trainingCharts([
    stage('SFT-1', { loss: 3, contrastive: 2 }),
    stage('SFT-2', { loss: 4 }),
    stage('ReAct SFT', { loss: 1 }),
    stage('RL-2', { loss: -0.01, reward: 0.5 }),
  ]);
  expect(
    charts.map(({ id, title, series, table }) => [
      id,
      title,
      series.map(({ name }) => name),
      table,
    ]),
  ).toEqual([
    ['curve-loss-contrastive', 'Loss, contrastive stages', ['SFT-1'], 'curve-loss-contrastive'],
    ['curve-loss-sft', 'Loss, SFT stages', ['SFT-2', 'ReAct SFT'], 'curve-loss-sft'],
    ['curve-loss-grpo', 'Loss, GRPO stages', ['RL-2'], 'curve-loss-grpo'],
    ['curve-reward', 'Mean reward of a batch', ['RL-2'], 'curve-reward'],
  ]);
});
