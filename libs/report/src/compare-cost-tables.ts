import { type Comparison, type Costs, isShare, type RepeatRates } from '@coa/compare';
import type { Cell, Column, Table } from './table.ts';

type Measure = readonly [name: string, of: (costs: Costs) => number | null];

const means: readonly Measure[] = [
  ['Actions', ({ actions }) => actions],
  ['Failed calls', ({ failedCalls }) => failedCalls],
  ['Requests', ({ requests }) => requests],
  ['Tokens read', ({ promptTokens }) => promptTokens],
  ['Tokens written', ({ completionTokens }) => completionTokens],
  ['Seconds', ({ seconds }) => seconds],
];

const sideColumns = (format: Column['format']): Column[] => [
  { label: 'A', format },
  { label: 'B', format },
];

/** What an attempt costs on each side. */
export const costTable = ({ costs }: Comparison, id: string): Table => ({
  id,
  title: 'What an attempt costs',
  caption: 'Means over the attempts that ended; errors are not among them.',
  groupLabel: null,
  columns: [
    { label: 'An attempt', format: 'text' },
    ...sideColumns({ digits: 2 }),
    { label: 'B − A', format: { digits: 2, signed: true } },
  ],
  groups: [
    {
      name: null,
      rows: means.map(([name, of]) => {
        const [a, b] = [of(costs.a), of(costs.b)];
        return [name, a, b, a === null || b === null ? null : b - a];
      }),
    },
  ],
  notes: [],
});

const endings: readonly (readonly [name: string, of: (costs: Costs) => number])[] = [
  ['Answered by itself', ({ stops }) => stops.answered],
  ['No action steps left', ({ stops }) => stops.horizon],
  ['Context full', ({ stops }) => stops.context],
  ['Turn without action or answer', ({ stops }) => stops.length],
  ['Broke the protocol', ({ stops }) => stops.malformed],
];

/** How attempts ended: rollouts by their end, and errors by their class, which are in no mean. */
export const endingTable = ({ costs: { a, b } }: Comparison, id: string): Table => {
  const classes = [...new Set([...a.errorClasses, ...b.errorClasses].map((one) => one.message))];
  const count = (costs: Costs, message: string): number =>
    costs.errorClasses.find((one) => one.message === message)?.count ?? 0;
  const rollouts = endings
    .map(([name, of]): Cell[] => [name, of(a), of(b)])
    .filter(([, ours, theirs]) => ours !== 0 || theirs !== 0);
  return {
    id,
    title: 'How attempts ended',
    caption: `${a.attempts} attempts of A, ${b.attempts} of B. Errors are counted apart from wrong answers: no mean includes them.`,
    groupLabel: 'Kind',
    columns: [{ label: 'Ended', format: 'text', wide: true }, ...sideColumns('count')],
    groups: [
      { name: 'Rollouts', rows: rollouts },
      {
        name: 'Errors, by message',
        rows:
          classes.length === 0
            ? [['none', 0, 0]]
            : classes.map((message) => [message, count(a, message), count(b, message)]),
      },
    ],
    notes: [],
  };
};

const rateCells = (rates: RepeatRates | undefined): Cell[] =>
  rates ? [100 * rates.meanAtK, 100 * rates.passAtK, 100 * rates.passHatK] : [null, null, null];

/** mean@k, pass@k and pass^k of both sides; null where questions were asked once, or nothing is right or wrong. */
export const repeatTable = (comparison: Comparison, id: string): Table | null => {
  const { a, b } = comparison.repeats;
  const sets = [...new Set([...a, ...b].map(({ dataset }) => dataset))];
  if (sets.length === 0 || !isShare(comparison)) return null;
  const rowsOf = (set: string): Cell[][] => {
    const of = (rates: readonly RepeatRates[], k: number) =>
      rates.find((one) => one.dataset === set && one.k === k);
    const most = Math.max(...[...a, ...b].filter((one) => one.dataset === set).map(({ k }) => k));
    return Array.from({ length: most }, (_, i) => [
      i + 1,
      ...rateCells(of(a, i + 1)),
      ...rateCells(of(b, i + 1)),
    ]);
  };
  const columns = (over: string): Column[] =>
    ['mean@k', 'pass@k', 'pass^k'].map((label) => ({ label, format: { digits: 1 }, over }));
  return {
    id,
    title: 'Repeats',
    caption:
      'Per cent. mean@k: the share right; pass@k: one of k right at least; pass^k: all of k right. Without bias, from all repeats of a question.',
    groupLabel: 'Set',
    columns: [{ label: 'k', format: 'count' }, ...columns('A'), ...columns('B')],
    groups: sets.map((name) => ({ name, rows: rowsOf(name) })),
    notes: [],
  };
};

const shown = (value: unknown): string => (value === undefined ? '–' : JSON.stringify(value));

/** Where what decides the results differs, prompts left out; null where nothing does. */
export const configTable = ({ config }: Comparison, id: string): Table | null => {
  const rows = config.filter(({ path }) => !path.startsWith('arm.prompt.'));
  if (rows.length === 0) return null;
  return {
    id,
    title: 'Configuration',
    caption: 'Where what decides the results differs.',
    groupLabel: null,
    columns: [
      { label: 'Setting', format: 'text' },
      { label: 'A', format: 'text', wide: true },
      { label: 'B', format: 'text', wide: true },
    ],
    groups: [{ name: null, rows: rows.map(({ path, a, b }) => [path, shown(a), shown(b)]) }],
    notes: [],
  };
};
