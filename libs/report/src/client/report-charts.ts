import type { Chart } from 'chart.js';
import { drawChart } from './chart.ts';
import { addChartButtons } from './chart-buttons.ts';
import type { ChartData, LineChart } from './chart-data.ts';
import { drawLines } from './lines.ts';
import { addTableButtons, tableTexts } from './table-buttons.ts';
import { unpack } from './unpack.ts';

const read = async <T>(
  block: (name: string) => Promise<string | null>,
  name: string,
): Promise<T | null> => {
  const packed = await block(name);
  return packed === null ? null : unpack<T>(packed);
};

/** Draws what the page has a place for, and puts buttons under charts and tables. */
export const drawReportCharts = async (
  block: (name: string) => Promise<string | null>,
): Promise<void> => {
  const texts = tableTexts(block);
  addTableButtons(texts);
  const points = await read<ChartData>(block, 'chart');
  const lines = (await read<LineChart[]>(block, 'lines')) ?? [];
  for (const figure of document.querySelectorAll<HTMLElement>('[data-chart]')) {
    const canvas = figure.querySelector('canvas');
    const { chart: id } = figure.dataset;
    const line = lines.find((one) => one.id === id);
    if (!canvas) continue;
    let current: (() => Chart) | null = null;
    if (line) current = drawLines(canvas, line);
    else if (id === 'chart' && points && points.points.length > 0)
      current = drawChart(canvas, points);
    if (current) addChartButtons(figure, current, texts);
    else figure.hidden = true;
  }
};
