import { deriveSeed, type Manifest, type RunRecord, type StopReason, seededRng } from '@coa/core';
import {
  type ClusteredValue,
  type Interval,
  meanWithInterval,
  type TrainingCalls,
  testClaims,
} from '@coa/metrics';
import { deltasOf } from './deltas.ts';
import { macroAverage } from './macro-average.ts';
import {
  knowledgeRows,
  type RatedRollout,
  ratedRollout,
  resamples,
  stepRows,
} from './rated-rollouts.ts';
import type { AverageRow, Summary, SummaryRow } from './summary.ts';

/** One set x arm while records come in: a few numbers per question, never a trajectory. */
type Cell = {
  n: number;
  errors: number;
  generatedTokens: number;
  readonly values: Map<string, ClusteredValue[]>;
  readonly stops: Record<StopReason, number>;
};

const emptyCell = (): Cell => ({
  n: 0,
  errors: 0,
  generatedTokens: 0,
  values: new Map(),
  stops: { answered: 0, horizon: 0, context: 0, length: 0, malformed: 0 },
});

const kept = [
  'exactMatch',
  'tokenF1',
  'judged',
  'releasedReward',
  'actionSteps',
  'answered',
  'goldRecall',
  'hopRecall',
  'hopSuccess',
  'needlessSearches',
] as const;

const addValue = (cell: Cell, id: string, value: ClusteredValue): void => {
  const values = cell.values.get(id);
  if (values) values.push(value);
  else cell.values.set(id, [value]);
};

const addRecord = (cell: Cell, { outcome, metrics }: RunRecord): void => {
  if (outcome.kind === 'error') {
    cell.errors += 1;
    return;
  }
  const { trajectory, usage } = outcome.rollout;
  cell.n += 1;
  cell.stops[trajectory.stop] += 1;
  cell.generatedTokens += usage.completionTokens;
  for (const id of kept) {
    const value = metrics[id] ?? null;
    if (value !== null) addValue(cell, id, { cluster: trajectory.question.id, value });
  }
};

const mean = (values: readonly ClusteredValue[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, { value }) => sum + value, 0) / values.length;

type Place = { readonly dataset: string; readonly arm: string; readonly rootSeed: number };

const rowOf = (cell: Cell, { dataset, arm, rootSeed }: Place): SummaryRow => {
  const of = (id: string): ClusteredValue[] => cell.values.get(id) ?? [];
  const interval = (id: string): Interval | null =>
    of(id).length === 0
      ? null
      : meanWithInterval(of(id), {
          level: 0.95,
          resamples,
          rng: seededRng(deriveSeed(rootSeed, 'summary', dataset, arm, id)),
        });
  return {
    dataset,
    arm,
    n: cell.n,
    errors: cell.errors,
    exactMatch: interval('exactMatch'),
    tokenF1: interval('tokenF1'),
    judged: interval('judged'),
    releasedReward: mean(of('releasedReward')),
    actionSteps: mean(of('actionSteps')),
    answered: mean(of('answered')),
    goldRecall: mean(of('goldRecall')),
    goldRecallN: of('goldRecall').length,
    hopRecall: mean(of('hopRecall')),
    hopSuccess: mean(of('hopSuccess')),
    needlessSearches: mean(of('needlessSearches')),
    stops: cell.stops,
    generatedTokens: cell.generatedTokens,
  };
};

const averageOf = (arm: string, rows: readonly SummaryRow[]): AverageRow => {
  const present = <T>(values: readonly (T | null)[]): T[] => values.filter((v) => v !== null);
  const exact = present(rows.map((row) => row.exactMatch));
  return {
    arm,
    datasets: exact.length,
    n: rows.reduce((sum, row) => sum + row.n, 0),
    errors: rows.reduce((sum, row) => sum + row.errors, 0),
    exactMatch: macroAverage(exact),
    tokenF1: macroAverage(present(rows.map((row) => row.tokenF1))),
    judged: macroAverage(present(rows.map((row) => row.judged))),
  };
};

const datasetOf = ({ outcome }: RunRecord): string =>
  outcome.kind === 'error' ? outcome.question.dataset : outcome.rollout.trajectory.question.dataset;

/** What records come to, while they come: the manifest's sets and arms in its order, then whatever else they hold. */
export type SummaryParts = { add(record: RunRecord): void; summary(): Summary };

type Collected = {
  readonly cells: Map<string, Map<string, Cell>>;
  readonly arms: Set<string>;
  readonly rated: RatedRollout[];
};

const collect = ({ cells, arms, rated }: Collected, record: RunRecord): void => {
  const dataset = datasetOf(record);
  const row = cells.get(dataset) ?? new Map<string, Cell>();
  const cell = row.get(record.arm) ?? emptyCell();
  addRecord(cell, record);
  cells.set(dataset, row.set(record.arm, cell));
  arms.add(record.arm);
  const rollout = ratedRollout(record);
  if (rollout) rated.push(rollout);
};

const summaryFrom = (
  { cells, arms: found, rated }: Collected,
  { rootSeed, baseline }: Manifest,
  calls: readonly TrainingCalls[],
): Summary => {
  const [datasets, arms] = [[...cells.keys()], [...found]];
  const rows = datasets.flatMap((dataset) =>
    arms.map((arm) =>
      rowOf(cells.get(dataset)?.get(arm) ?? emptyCell(), { dataset, arm, rootSeed }),
    ),
  );
  const averages = arms.map((arm) =>
    averageOf(
      arm,
      rows.filter((row) => row.arm === arm),
    ),
  );
  return {
    ...{ datasets, arms, rows, averages, calls },
    knowledge: knowledgeRows(rated, arms, rootSeed),
    steps: stepRows(rated, arms, rootSeed),
    deltas: deltasOf(rated, { baseline, arms }),
    claims: testClaims(rated, { calls }),
  };
};

/** `summarize` record by record, for who reads in slices. */
export const summaryOf = (
  manifest: Manifest,
  calls: readonly TrainingCalls[] = [],
): SummaryParts => {
  const collected: Collected = {
    cells: new Map(manifest.datasets.map(({ name }) => [name, new Map<string, Cell>()])),
    arms: new Set(Object.keys(manifest.arms)),
    rated: [],
  };
  return {
    add: (record) => collect(collected, record),
    summary: () => summaryFrom(collected, manifest, calls),
  };
};

/**
 * Records in, the numbers of every table out, in one pass that keeps a few numbers per question. Intervals are 95 %,
 * over questions (repeats of one are not independent), with seeds derived from the manifest's: the same records give
 * the same numbers.
 * @param calls tool calls in training, for the claim about what simulation saves; none: it cannot be decided
 */
export const summarize = (
  records: Iterable<RunRecord>,
  manifest: Manifest,
  calls: readonly TrainingCalls[] = [],
): Summary => {
  const { add, summary } = summaryOf(manifest, calls);
  for (const record of records) add(record);
  return summary();
};
