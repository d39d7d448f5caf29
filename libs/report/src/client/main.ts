import { browse } from './browse.ts';
import { byId } from './dom.ts';
import { drawReportCharts } from './report-charts.ts';
import { inlineBlock, packedSource } from './source.ts';

const start = (): void => {
  const browser = document.getElementById('browser');
  // a light copy has no list
  if (!browser) return;
  void browse(packedSource(inlineBlock), {
    browser,
    overview: byId('overview'),
    trajectory: byId('trajectory'),
    title: () => byId('trajectories-title'),
  });
};

// The trajectories stand after this script; the tables and the chart do not wait for them.
addEventListener('DOMContentLoaded', start);
// One frame later: the first table is drawn before chart.js starts to measure.
requestAnimationFrame(() => setTimeout(() => void drawReportCharts(inlineBlock)));
