import {
  CategoryScale,
  Chart,
  LineController,
  LineElement,
  type Scale,
  type Tick,
  Ticks,
} from 'chart.js';
import type { LineChart } from './chart-data.ts';
import { type Drawing, drawnInTheme, markOf, token } from './theme.ts';

Chart.register(LineController, LineElement, CategoryScale);

const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** Colour, mark and dash differ together: no line is told apart by colour alone. */
const styleOf = (i: number) => ({
  ...markOf(i),
  borderDash: dashes[Math.floor(i / 6) % dashes.length]!,
});

const axis = (text: string, most: number | undefined) => ({
  type: 'linear' as const,
  ...(most !== undefined && { max: most }),
  title: { display: true, text, color: token('--quiet') },
  ticks: {
    color: token('--quiet'),
    callback(this: Scale, value: string | number, at: number, ticks: Tick[]): string {
      return Ticks.formatters.numeric.call(this, Number(value), at, ticks).replace('-', '−');
    },
  },
  grid: { color: token('--faint') },
  border: { display: false },
});

const build = (canvas: HTMLCanvasElement, { x, y, series, most }: LineChart): Chart =>
  new Chart(canvas, {
    type: 'line',
    data: {
      datasets: series.map(({ name, points }, i) => ({
        label: name,
        data: points.map(([across, up]) => ({ x: across, y: up })),
        borderWidth: 1.75,
        pointRadius: points.length > 15 ? 0 : 4,
        pointHoverRadius: 6,
        clip: 8,
        ...styleOf(i),
      })),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      scales: { x: axis(x, most?.x), y: { ...axis(y, most?.y), beginAtZero: true } },
      interaction: { mode: 'nearest', intersect: false },
      plugins: {
        legend: {
          align: 'start',
          labels: { usePointStyle: true, boxHeight: 7, color: token('--ink'), padding: 12 },
        },
      },
    },
  });

/** Lines over one axis; `data` gives them as they are when they are drawn. */
export const drawLines = (canvas: HTMLCanvasElement, data: () => LineChart): Drawing<Chart> =>
  drawnInTheme(() => build(canvas, data()));
