import {
  Chart,
  type ChartDataset,
  Legend,
  LinearScale,
  type Plugin,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import type { ChartData, ChartPoint } from './chart-data.ts';
import { type Drawing, drawnInTheme, markOf, token } from './theme.ts';

Chart.register(ScatterController, PointElement, LinearScale, Legend, Tooltip);

type Point = { x: number; y: number; low: number; high: number; n: number };
type Dots = ChartDataset<'scatter', Point[]>;

const lane = 0.22;

/** The line from low to high behind each point, with short ends. */
const whiskers: Plugin<'scatter'> = {
  id: 'whiskers',
  beforeDatasetsDraw(chart) {
    const { ctx, data, scales } = chart;
    const [across, down] = [scales.x!, scales.y!];
    data.datasets.forEach((dots, i) => {
      if (!chart.isDatasetVisible(i)) return;
      ctx.save();
      ctx.strokeStyle = String(dots.borderColor);
      ctx.lineWidth = 1.5;
      for (const { low, high, y } of dots.data as Point[]) {
        const [left, right] = [across.getPixelForValue(low), across.getPixelForValue(high)];
        const at = down.getPixelForValue(y);
        ctx.beginPath();
        ctx.moveTo(left, at);
        ctx.lineTo(right, at);
        for (const end of [left, right]) {
          ctx.moveTo(end, at - 4);
          ctx.lineTo(end, at + 4);
        }
        ctx.stroke();
      }
      ctx.restore();
    });
  },
};

const pointOf = ({ mean, low, high, set, arm, n }: ChartPoint, arms: number): Point => ({
  x: 100 * mean,
  y: set + (arm - (arms - 1) / 2) * Math.min(lane, 0.8 / arms),
  low: 100 * low,
  high: 100 * high,
  n,
});

const datasets = ({ arms, points }: ChartData): Dots[] =>
  arms.map((label, arm) => ({
    label,
    data: points.filter((point) => point.arm === arm).map((p) => pointOf(p, arms.length)),
    pointRadius: 5,
    pointHoverRadius: 7,
    borderWidth: 1.75,
    clip: 8,
    ...markOf(arm),
  }));

const shortened = (name: string): string => (name.length > 22 ? `${name.slice(0, 21)}…` : name);

/** Room for the longest whisker, to the next ten. */
const reach = (points: readonly ChartPoint[]): number =>
  10 * Math.ceil(Math.max(0.1, ...points.map(({ high }) => high)) * 10);

const scales = ({ sets, points }: ChartData) => ({
  x: {
    min: 0,
    max: reach(points),
    title: { display: true, text: 'Exact match, per cent', color: token('--quiet') },
    ticks: { color: token('--quiet') },
    grid: { color: token('--line') },
    border: { display: false },
  },
  y: {
    min: -0.5,
    max: sets.length - 0.5,
    reverse: true,
    afterBuildTicks: (scale: { ticks: { value: number }[] }) => {
      scale.ticks = sets.map((_, value) => ({ value }));
    },
    ticks: {
      autoSkip: false,
      color: token('--ink'),
      callback: (value: string | number) => shortened(sets[Number(value)] ?? ''),
    },
    grid: { display: false },
    border: { color: token('--line') },
  },
});

const tooltipText = (label: string, { x, low, high, n }: Point): string =>
  `${label}: ${x.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)}), n ${n}`;

const build = (canvas: HTMLCanvasElement, data: ChartData): Chart<'scatter', Point[]> => {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  return new Chart<'scatter', Point[]>(canvas, {
    type: 'scatter',
    data: { datasets: datasets(data) },
    plugins: [whiskers as Plugin],
    options: {
      animation: false,
      maintainAspectRatio: false,
      layout: { padding: { right: 12 } },
      scales: scales(data),
      plugins: {
        legend: {
          align: 'start',
          labels: { usePointStyle: true, boxHeight: 7, color: token('--ink'), padding: 18 },
        },
        tooltip: {
          callbacks: {
            label: ({ dataset, raw }) => tooltipText(dataset.label ?? '', raw as Point),
          },
        },
      },
    },
  });
};

/** Exact match by set (rows) and arm (colour and shape), with interval whiskers; `data` gives it as it is when it is drawn. */
export const drawChart = (canvas: HTMLCanvasElement, data: () => ChartData): Drawing<Chart> =>
  drawnInTheme(() => {
    const { sets, arms } = data();
    const lanes = sets.length * arms.length;
    canvas.parentElement!.style.height = `${110 + Math.max(22 * lanes, 48 * sets.length)}px`;
    return build(canvas, data()) as unknown as Chart;
  });
