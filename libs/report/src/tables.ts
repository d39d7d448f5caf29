import type { Estimate } from './macro-average.ts';
import type { AverageRow, Summary, SummaryRow } from './summary.ts';
import type { Cell, Column, Table } from './table.ts';

export const oneDecimal = { digits: 1 } as const;

/** A share with its interval as a cell in per cent. */
export const percentCell = (estimate: Estimate | null): Cell =>
  estimate === null
    ? null
    : {
        value: 100 * estimate.mean,
        interval: [100 * estimate.low, 100 * estimate.high],
      };

const percent = (share: number | null): number | null => (share === null ? null : 100 * share);

const interval = '95 %';

const judgedAnywhere = ({ rows }: Summary): boolean => rows.some(({ judged }) => judged !== null);

/** The page's first numbers: each agent's mean over the sets. */
export const headlineTable = (summary: Summary): Table => {
  const { averages, datasets } = summary;
  const sets = datasets.length === 1 ? `on ${datasets[0]}` : `mean of ${datasets.length} sets`;
  return {
    id: 'headline',
    title: 'Exact match at a glance',
    caption: `Exact match, ${sets}, per cent, with its 95 % interval.`,
    groupLabel: null,
    columns: [
      { label: 'Agent', format: 'text' },
      { label: 'EM %', format: oneDecimal, interval, drawn: 'interval' },
      { label: 'n', format: 'count' },
    ],
    groups: [
      {
        name: null,
        rows: averages.map(({ arm, exactMatch, n }) => [arm, percentCell(exactMatch), n]),
      },
    ],
    notes: [],
  };
};

/** Exact match and F1 of every set and arm, with intervals, n and errors. */
export const resultsTable = (summary: Summary): Table => {
  const judged = judgedAnywhere(summary);
  const row = (one: SummaryRow | AverageRow): Cell[] => [
    one.arm,
    percentCell(one.exactMatch),
    percentCell(one.tokenF1),
    ...(judged ? [percentCell(one.judged)] : []),
    one.n,
    one.errors > 0 ? { value: one.errors, tone: 'bad' } : 0,
  ];
  const columns: Column[] = [
    { label: 'Agent', format: 'text' },
    { label: 'EM %', format: oneDecimal, interval },
    { label: 'F1 %', format: oneDecimal, interval },
    ...(judged ? [{ label: 'Judged %', format: oneDecimal, interval }] : []),
    { label: 'n', format: 'count' },
    { label: 'Errors', format: 'count' },
  ];
  const average = {
    name: 'Average of the sets, each weighing the same',
    rows: summary.averages.map(row),
  };
  return {
    id: 'results',
    title: 'Results by set and agent',
    caption:
      'Exact match and token F1, per cent, each with its 95 % interval. Errors are counted apart: no mean includes them.',
    groupLabel: 'Set',
    columns,
    groups: [
      ...(summary.datasets.length > 1 ? [average] : []),
      ...summary.datasets.map((name) => ({
        name,
        rows: summary.rows.filter(({ dataset }) => dataset === name).map(row),
      })),
    ],
    notes: [],
  };
};

const stops = ['horizon', 'context', 'length', 'malformed'] as const;

type Hops = Pick<SummaryRow, 'hopRecall' | 'hopSuccess'>;

/** Columns about the reasoning graph, where some question has one. */
export const hopColumns = (rows: readonly Hops[]): Column[] =>
  rows.every(({ hopRecall }) => hopRecall === null)
    ? []
    : ['Shown', 'Taken up'].map((label) => ({ label, over: 'Hops, %', format: oneDecimal }));

export const hopCells = ({ hopRecall, hopSuccess }: Hops, columns: readonly Column[]): Cell[] =>
  columns.length === 0 ? [] : [percent(hopRecall), percent(hopSuccess)];

export const hopNote =
  'Hops: the facts of a question’s reasoning graph, the share of them that a passage showed, and that the agent took up in its own words.';

const needlessColumns = ({ rows }: Summary): Column[] =>
  rows.every(({ needlessSearches }) => needlessSearches === null)
    ? []
    : [{ label: 'Needless searches', format: { digits: 2 } }];

/** Hops and needless searches of each set and arm; null where no question says what they are. */
export const hopTable = (summary: Summary): Table | null => {
  const [hops, needless] = [hopColumns(summary.rows), needlessColumns(summary)];
  if (hops.length + needless.length === 0) return null;
  const row = (one: SummaryRow): Cell[] => [
    one.arm,
    ...hopCells(one, hops),
    ...(needless.length > 0 ? [one.needlessSearches] : []),
  ];
  return {
    id: 'hops',
    title: 'Hops and needless searches',
    caption:
      'What the agents found of the reasoning that a question takes, and how often they searched for what they could have remembered.',
    groupLabel: 'Set',
    columns: [{ label: 'Agent', format: 'text' }, ...hops, ...needless],
    groups: summary.datasets.map((name) => ({
      name,
      rows: summary.rows.filter(({ dataset }) => dataset === name).map(row),
    })),
    notes: [
      ...(hops.length > 0 ? [hopNote] : []),
      ...(needless.length > 0
        ? [
            'Needless searches: mean searches on questions whose entities the base model read about; it could have remembered.',
          ]
        : []),
    ],
  };
};

const conductRow = (row: SummaryRow): Cell[] => [
  row.arm,
  percent(row.releasedReward),
  percent(row.answered),
  row.actionSteps,
  row.goldRecallN > 0 && row.goldRecallN < row.n
    ? { value: percent(row.goldRecall), note: `n ${row.goldRecallN}` }
    : percent(row.goldRecall),
  row.generatedTokens,
  ...stops.map((stop) => row.stops[stop]),
];

/** How each arm went about it: reward, actions, evidence, tokens and why it stopped. */
export const conductTable = (summary: Summary): Table => ({
  id: 'conduct',
  title: 'How the agents went about it',
  caption:
    'The released reward, the share answered without being forced, mean action steps, the share of gold passages seen (where they are known), tokens written, and how many rollouts were stopped at each limit.',
  groupLabel: 'Set',
  columns: [
    { label: 'Agent', format: 'text' },
    { label: 'Reward %', format: oneDecimal },
    { label: 'Answered %', format: oneDecimal },
    { label: 'Actions', format: { digits: 2 } },
    { label: 'Gold recall %', format: oneDecimal },
    { label: 'Tokens', format: 'count' },
    ...['Horizon', 'Context', 'Length', 'Malformed'].map(
      (label): Column => ({ label, over: 'Stopped at', format: 'count' }),
    ),
  ],
  groups: summary.datasets.map((name) => ({
    name,
    rows: summary.rows.filter(({ dataset }) => dataset === name).map(conductRow),
  })),
  notes: [],
});

/** How many action steps each arm took, over all sets, and how often it was right with that many. */
export const stepTable = (summary: Summary): Table => ({
  id: 'steps',
  title: 'Rollouts by action steps',
  caption:
    'Rollouts by number of action steps, all sets together: how many, their share of the agent’s rollouts, and the share of them that were exactly right, with its 95 % interval.',
  groupLabel: 'Agent',
  columns: [
    { label: 'Action steps', format: 'text' },
    { label: 'n', format: 'count' },
    { label: 'Share %', format: oneDecimal, drawn: 'bar' },
    { label: 'EM %', format: oneDecimal, interval },
  ],
  groups: summary.arms.flatMap((name) => {
    const rows = summary.steps
      .filter(({ arm }) => arm === name)
      .map(({ actions, n, share, exactMatch }) => [
        actions,
        n,
        100 * share,
        percentCell(exactMatch),
      ]);
    return rows.length === 0 ? [] : [{ name, rows }];
  }),
  notes: [],
});
