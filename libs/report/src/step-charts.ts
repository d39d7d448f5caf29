import type { LineChart } from './client/payload.ts';
import type { Summary } from './summary.ts';
import { armBins } from './tables.ts';

/** Bins with fewer rollouts say nothing about a success rate. */
const fewest = 10;

/**
 * Figure 3 of the paper: (a) of the right answers, the share found with so many action steps; (b) the success rate with so
 * many steps, where at least 10 rollouts took them. None where no arm took two different numbers of steps.
 */
export const stepCharts = (summary: Summary): LineChart[] => {
  const arms = summary.arms
    .map((name) => ({ name, bins: armBins(summary, name) }))
    .filter(({ bins }) => bins.length > 1);
  if (arms.length === 0) return [];
  const found = arms.map(({ name, bins }) => {
    const all = Math.max(
      1,
      bins.reduce((sum, { right }) => sum + right, 0),
    );
    const points = bins.map(({ actions, right }) => [actions, (100 * right) / all] as const);
    return { name, points };
  });
  const success = arms.map(({ name, bins }) => ({
    name,
    points: bins
      .filter(({ n }) => n >= fewest)
      .map(({ actions, n, right }) => [actions, (100 * right) / n] as const),
  }));
  const x = 'Action steps';
  return [
    {
      title: 'Right answers by action steps',
      x,
      y: 'Share of right answers, per cent',
      series: found,
    },
    { title: 'Success rate by action steps', x, y: 'Exact match, per cent', series: success },
  ];
};
