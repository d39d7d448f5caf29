import type { LineChart } from './client/chart-data.ts';
import { printedFigure3 } from './printed-figure3.ts';
import type { StepRow, Summary } from './summary.ts';
import type { Cell, Column, Table } from './table.ts';
import { oneDecimal, percentCell } from './tables.ts';

/** Bins with fewer rollouts say nothing about a success rate. */
const fewest = 10;

type Panel = {
  readonly id: 'figure3a' | 'figure3b';
  readonly title: string;
  readonly short: string;
  readonly caption: string;
  readonly y: string;
  readonly printed: 'shareOfRight' | 'success';
  readonly cell: (row: StepRow) => Cell;
  readonly point: (row: StepRow) => number | null;
};

const panels: readonly Panel[] = [
  {
    id: 'figure3a',
    title: 'Figure 3a: right answers by action steps',
    short: '3a. Right answers by action steps',
    caption:
      'Figure 3a of arXiv 2503.06580 and this run: of all right answers, the share found with so many action steps, per cent.',
    y: 'Share of right answers, per cent',
    printed: 'shareOfRight',
    cell: ({ shareOfRight }) => (shareOfRight === null ? null : 100 * shareOfRight),
    point: ({ shareOfRight }) => (shareOfRight === null ? null : 100 * shareOfRight),
  },
  {
    id: 'figure3b',
    title: 'Figure 3b: success rate by action steps',
    short: '3b. Success by action steps',
    caption:
      'Figure 3b of arXiv 2503.06580 and this run: of the rollouts with so many action steps, the share that is exactly right, per cent; of this run with its 95 % interval, where at least 10 rollouts took so many.',
    y: 'Exact match, per cent',
    printed: 'success',
    cell: ({ n, exactMatch }) => (n < fewest ? null : percentCell(exactMatch)),
    point: ({ n, exactMatch }) => (n < fewest ? null : 100 * exactMatch.mean),
  },
];

/** Arms that took more than one number of steps: the others have no line. */
const armsWithLines = ({ arms, steps }: Summary): string[] =>
  arms.filter((name) => steps.filter(({ arm }) => arm === name).length > 1);

const columnOf = (label: string, over: string, interval: boolean): Column => ({
  ...{ label, over, format: oneDecimal },
  ...(interval && { interval: '95 %' }),
});

const panelTable = (panel: Panel, summary: Summary): Table => {
  const arms = armsWithLines(summary);
  const longest = Math.max(8, ...summary.steps.map(({ actions }) => actions));
  const row = (actions: number): Cell[] => [
    actions,
    ...arms.map((name) => {
      const found = summary.steps.find((one) => one.arm === name && one.actions === actions);
      return found ? panel.cell(found) : null;
    }),
    ...printedFigure3.map((line) => line[panel.printed][actions] ?? null),
  ];
  return {
    ...{ id: panel.id, title: panel.title, caption: panel.caption, groupLabel: null },
    columns: [
      { label: 'Action steps', format: 'text' },
      ...arms.map((name) => columnOf(name, 'This run', panel.id === 'figure3b')),
      ...printedFigure3.map(({ name }) => columnOf(name, 'Paper', false)),
    ],
    groups: [{ name: null, rows: Array.from({ length: longest + 1 }, (_, i) => row(i)) }],
    notes: ['The paper’s lines are read off its plot by eye, give or take a point.'],
  };
};

/** The paper's Figure 3 in numbers, (a) and (b), beside ours; none where no arm took two different numbers of steps. */
export const paperFigure3 = (summary: Summary): Table[] =>
  armsWithLines(summary).length === 0 ? [] : panels.map((panel) => panelTable(panel, summary));

/** Lines that say the same twice make a chart unreadable: of many arms, those that the paper draws. */
const drawnArms = (summary: Summary): string[] => {
  const arms = armsWithLines(summary);
  if (arms.length <= 4) return arms;
  const drawn = ['ReAct', 'SFT-1&2&3', 'SFT-1&2&3 + RL-1&2', 'SFT-1&2 + RL-2'];
  const found = arms.filter((arm) => drawn.includes(arm));
  return found.length >= 2 ? found : arms.slice(0, 6);
};

/** The same as charts, in pairs on equal scales: this run's, then the paper's. */
export const figure3Charts = (summary: Summary): LineChart[] => {
  const arms = drawnArms(summary);
  if (arms.length === 0) return [];
  return panels.flatMap((panel): LineChart[] => {
    const ours = arms.map((name) => ({
      name,
      points: summary.steps.flatMap((row) => {
        const y = row.arm === name ? panel.point(row) : null;
        return y === null ? [] : [[row.actions, y] as const];
      }),
    }));
    const printed = printedFigure3.map((line) => ({
      name: line.name,
      points: line[panel.printed].map((y, x) => [x, y] as const),
    }));
    const all = [...ours, ...printed].flatMap(({ points }) => points);
    const scale = {
      x: 'Action steps',
      y: panel.y,
      table: panel.id,
      most: {
        x: Math.max(...all.map(([x]) => x)),
        y: Math.min(100, 10 * Math.ceil(Math.max(10, ...all.map(([, y]) => y)) / 10)),
      },
    };
    return [
      { ...scale, id: `${panel.id}-run`, title: `${panel.short}, this run`, series: ours },
      {
        ...scale,
        id: `${panel.id}-paper`,
        title: `${panel.short}, as printed`,
        series: printed,
      },
    ];
  });
};
