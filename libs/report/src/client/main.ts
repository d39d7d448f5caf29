import { browse } from './browse.ts';
import { drawChart } from './chart.ts';
import { byId } from './dom.ts';
import { drawLines } from './lines.ts';
import type { ChartData, LineChart } from './payload.ts';
import { inlineBlock, packedSource } from './source.ts';
import { unpack } from './unpack.ts';

const start = (): void => {
  const browser = document.getElementById('browser');
  // a light copy has no list
  if (!browser) return;
  void browse(packedSource(inlineBlock), {
    browser,
    overview: byId('overview'),
    trajectory: byId('trajectory'),
    title: byId('trajectories-title'),
  });
};

const drawCharts = async (): Promise<void> => {
  const [chart, lines] = [await inlineBlock('chart'), await inlineBlock('lines')];
  const points = chart === null ? null : unpack<ChartData>(chart);
  if (points && points.points.length > 0) drawChart(byId('chart') as HTMLCanvasElement, points);
  for (const [i, line] of (lines === null ? [] : unpack<LineChart[]>(lines)).entries()) {
    drawLines(byId(`lines-${i}`) as HTMLCanvasElement, line);
  }
};

// The trajectories stand after this script; the tables and the chart do not wait for them.
addEventListener('DOMContentLoaded', start);
// One frame later: the first table is drawn before chart.js starts to measure.
requestAnimationFrame(() => setTimeout(() => void drawCharts()));
