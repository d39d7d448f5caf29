import type { Comparison, ConfigDifference, Costs, Flip, Side } from '@coa/compare';
import { countFlips, isShare } from '@coa/compare';
import { repeatTable } from './compare-cost-tables.ts';
import { differenceTable } from './compare-tables.ts';
import { decimal, none } from './numerals.ts';
import type { Table } from './table.ts';
import { tableText } from './table-text.ts';
import { padded, plain } from './text-table.ts';

const costRows: readonly (readonly [string, (costs: Costs) => string])[] = [
  ['attempts', ({ attempts }) => String(attempts)],
  ['errors, in no mean', ({ errors }) => String(errors)],
  ['actions an attempt', ({ actions }) => decimal(actions)],
  ['failed calls an attempt', ({ failedCalls }) => decimal(failedCalls)],
  ['prompt tokens', ({ promptTokens }) => decimal(promptTokens, 0)],
  ['sampled tokens', ({ completionTokens }) => decimal(completionTokens, 0)],
  ['seconds', ({ seconds }) => decimal(seconds)],
  [
    'not answered by itself',
    ({ stops, attempts, errors }) => String(attempts - errors - stops.answered),
  ],
];

const short = (value: unknown): string => {
  const text = value === undefined ? none : JSON.stringify(value);
  return plain(text.length > 60 ? `${text.slice(0, 57)}...` : text);
};

const sideName = ({ manifest, arm }: Side): string => `${plain(manifest.runId)}:${plain(arm)}`;

const errorLines = ({ a, b }: Comparison['costs']): string[] =>
  [
    ['a', a],
    ['b', b],
  ].flatMap(([name, costs]) =>
    (costs as Costs).errorClasses.map(
      ({ message, count }) => `${name}: ${count} x ${plain(message)}`,
    ),
  );

const configRows = (config: readonly ConfigDifference[]): string[][] =>
  config.map(({ path, a, b }) => [plain(path), '', short(a), short(b)]);

const flipLine = ({ a, b }: Flip): string => {
  const said = ({ outcome }: Flip['a']): string =>
    outcome.kind === 'error' ? 'error' : JSON.stringify(outcome.prediction);
  return plain(
    `${a.dataset} ${a.question}${a.repeat > 0 ? ` (repeat ${a.repeat})` : ''}: ${a.text} [${a.golds.join(' | ')}]  a: ${said(a)}  b: ${said(b)}`,
  );
};

/** Attempts of one kind, a line each. */
export const renderFlips = (flips: readonly Flip[]): string => flips.map(flipLine).join('\n');

/** The page explains its tables below them; here a line above does. */
const bare = (table: Table): string => tableText({ ...table, notes: [] }).trimEnd();

/** A comparison for a terminal: differences, who was right, costs, errors, configuration, cautions. */
export const renderComparison = (comparison: Comparison): string => {
  const { a, b, flips, costs, config, cautions } = comparison;
  const { both, onlyA, onlyB, neither } = countFlips(flips);
  const errors = errorLines(costs);
  const differences = differenceTable(comparison, 'differences');
  const repeats = repeatTable(comparison, 'repeats');
  const parts = [
    `a  ${sideName(a)}  (baseline)\nb  ${sideName(b)}\n${plain(differences.caption)} p over the sets by Holm, which decides, and by Benjamini-Hochberg; detectable: the difference that so many questions find 4 times in 5`,
    bare(differences),
    ...(isShare(comparison)
      ? [`right: both ${both}, only a ${onlyA}, only b ${onlyB}, neither ${neither}`]
      : []),
    ...(repeats === null ? [] : [bare(repeats)]),
    padded([
      ['', '', 'a', 'b'],
      ...costRows.map(([name, of]) => [name, '', of(costs.a), of(costs.b)]),
    ]),
    ...(errors.length > 0 ? [errors.join('\n')] : []),
    config.length > 0
      ? padded([['configuration', '', 'a', 'b'], ...configRows(config)])
      : 'no difference in configuration',
    ...cautions.map((caution) => `caution: ${plain(caution)}`),
  ];
  return `${parts.join('\n\n')}\n`;
};
