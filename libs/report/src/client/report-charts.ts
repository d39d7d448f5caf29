import type { Chart } from 'chart.js';
import { drawChart } from './chart.ts';
import { addChartButtons } from './chart-buttons.ts';
import type { ChartData, LineChart } from './chart-data.ts';
import { drawLines } from './lines.ts';
import type { ReadBlock } from './source.ts';
import { addTableButtons, type TableTexts, tableTexts } from './table-buttons.ts';
import type { Drawing } from './theme.ts';
import { unpack } from './unpack.ts';

/** What a page's charts are drawn from. */
type Drawn = { readonly points: ChartData | null; readonly lines: readonly LineChart[] };

const read = async <T>(block: ReadBlock, name: string): Promise<T | null> => {
  const packed = await block(name);
  return packed === null ? null : unpack<T>(packed);
};

const readDrawn = async (block: ReadBlock): Promise<Drawn> => ({
  points: await read<ChartData>(block, 'chart'),
  lines: (await read<LineChart[]>(block, 'lines')) ?? [],
});

/** null: there is nothing to draw in this place. */
const drawIn = (figure: HTMLElement, now: () => Drawn): Drawing<Chart> | null => {
  const canvas = figure.querySelector('canvas');
  const { chart: id } = figure.dataset;
  if (!canvas) return null;
  const lineOf = (): LineChart | undefined => now().lines.find((one) => one.id === id);
  const first = lineOf();
  if (first) return drawLines(canvas, () => lineOf() ?? first);
  const { points } = now();
  if (id !== 'chart' || !points || points.points.length === 0) return null;
  return drawChart(canvas, () => now().points ?? points);
};

export type ReportCharts = {
  /** Draws all again from newer blocks. */
  update(block: ReadBlock): Promise<void>;
  /** Puts buttons under tables that have none, e.g. newer ones. */
  addButtons(): void;
};

/** Draws what the page has a place for, and puts buttons under charts and tables. */
export const drawReportCharts = async (block: ReadBlock): Promise<ReportCharts> => {
  let texts = tableTexts(block);
  let drawn = await readDrawn(block);
  const now: TableTexts = () => texts();
  addTableButtons(now);
  const drawings: Drawing<Chart>[] = [];
  for (const figure of document.querySelectorAll<HTMLElement>('[data-chart]')) {
    const drawing = drawIn(figure, () => drawn);
    figure.hidden = drawing === null;
    if (drawing === null) continue;
    drawings.push(drawing);
    addChartButtons(figure, drawing.current, now);
  }
  return {
    update: async (newer) => {
      texts = tableTexts(newer);
      drawn = await readDrawn(newer);
      for (const drawing of drawings) drawing.again();
    },
    addButtons: () => addTableButtons(now),
  };
};
