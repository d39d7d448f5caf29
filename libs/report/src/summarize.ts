import {
  deriveSeed,
  type Manifest,
  type RunRecord,
  type Step,
  type StopReason,
  seededRng,
} from '@coa/core';
import {
  type ClaimRow,
  type ClusteredValue,
  type Interval,
  meanWithInterval,
  testClaims,
} from '@coa/metrics';
import { macroAverage } from './macro-average.ts';
import type { AverageRow, KnowledgeRow, StepBin, Summary, SummaryRow } from './summary.ts';

const resamples = 2000;

/** One set x arm while records come in: a few numbers per question, never a trajectory. */
type Cell = {
  n: number;
  errors: number;
  generatedTokens: number;
  readonly values: Map<string, ClusteredValue[]>;
  readonly stops: Record<StopReason, number>;
  readonly bins: Map<number, { n: number; right: number }>;
};

const emptyCell = (): Cell => ({
  n: 0,
  errors: 0,
  generatedTokens: 0,
  values: new Map(),
  stops: { answered: 0, horizon: 0, context: 0, length: 0, malformed: 0 },
  bins: new Map(),
});

const kept = [
  'exactMatch',
  'tokenF1',
  'releasedReward',
  'actionSteps',
  'answered',
  'goldRecall',
] as const;

const addValue = (cell: Cell, id: string, value: ClusteredValue): void => {
  const values = cell.values.get(id);
  if (values) values.push(value);
  else cell.values.set(id, [value]);
};

const actionsOf = (steps: readonly Step[]): number =>
  steps.filter(({ kind }) => kind === 'action').length;

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
  const actions = actionsOf(trajectory.steps);
  const bin = cell.bins.get(actions) ?? { n: 0, right: 0 };
  bin.n += 1;
  bin.right += Number(metrics.exactMatch === 1);
  cell.bins.set(actions, bin);
};

const mean = (values: readonly ClusteredValue[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, { value }) => sum + value, 0) / values.length;

const stepBins = (cell: Cell): StepBin[] =>
  [...cell.bins]
    .map(([actions, { n, right }]) => ({ actions, n, right }))
    .sort((a, b) => a.actions - b.actions);

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
    releasedReward: mean(of('releasedReward')),
    actionSteps: mean(of('actionSteps')),
    answered: mean(of('answered')),
    goldRecall: mean(of('goldRecall')),
    goldRecallN: of('goldRecall').length,
    stops: cell.stops,
    generatedTokens: cell.generatedTokens,
    stepBins: stepBins(cell),
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
  };
};

const datasetOf = ({ outcome }: RunRecord): string =>
  outcome.kind === 'error' ? outcome.question.dataset : outcome.rollout.trajectory.question.dataset;

/** A rollout as the claims see it; null for an error, and where there is no exact match. */
const claimRow = ({ arm, repeat, outcome, metrics }: RunRecord): ClaimRow | null => {
  const score = metrics.exactMatch ?? null;
  if (outcome.kind === 'error' || score === null) return null;
  const { question, steps } = outcome.rollout.trajectory;
  const { dataset, id, known = null } = question;
  return { arm, seed: repeat, dataset, question: id, known, actions: actionsOf(steps), score };
};

const knowledgeRow = (
  rows: readonly ClaimRow[],
  arm: string,
  known: boolean,
  rootSeed: number,
): KnowledgeRow[] => {
  const own = rows.filter((row) => row.arm === arm && row.known === known);
  if (own.length === 0) return [];
  const values = own.map(({ dataset, question, score }) => ({
    cluster: `${dataset} ${question}`,
    value: score,
  }));
  const rng = seededRng(deriveSeed(rootSeed, 'knowledge', arm, String(known)));
  const exactMatch = meanWithInterval(values, { level: 0.95, resamples, rng });
  const searches = own.reduce((sum, { actions }) => sum + actions, 0) / own.length;
  return [{ arm, known, n: own.length, exactMatch, searches }];
};

/** Cells by set, then arm: the manifest's in its order, then whatever else the records hold. */
const collect = (
  records: Iterable<RunRecord>,
  manifest: Manifest,
): { cells: Map<string, Map<string, Cell>>; arms: Set<string>; claimRows: ClaimRow[] } => {
  const claimRows: ClaimRow[] = [];
  const cells = new Map(manifest.datasets.map(({ name }) => [name, new Map<string, Cell>()]));
  const arms = new Set(Object.keys(manifest.arms));
  for (const record of records) {
    const dataset = datasetOf(record);
    const row = cells.get(dataset) ?? new Map<string, Cell>();
    const cell = row.get(record.arm) ?? emptyCell();
    addRecord(cell, record);
    cells.set(dataset, row.set(record.arm, cell));
    arms.add(record.arm);
    const rated = claimRow(record);
    if (rated) claimRows.push(rated);
  }
  return { cells, arms, claimRows };
};

/**
 * Records in, the numbers of every table out, in one pass that keeps a few numbers per question. Intervals are 95 %,
 * over questions (repeats of one are not independent), with seeds derived from the manifest's: the same records give
 * the same numbers.
 */
export const summarize = (records: Iterable<RunRecord>, manifest: Manifest): Summary => {
  const { cells, arms: found, claimRows } = collect(records, manifest);
  const [datasets, arms] = [[...cells.keys()], [...found]];
  const rows = datasets.flatMap((dataset) =>
    arms.map((arm) =>
      rowOf(cells.get(dataset)?.get(arm) ?? emptyCell(), {
        dataset,
        arm,
        rootSeed: manifest.rootSeed,
      }),
    ),
  );
  const averages = arms.map((arm) =>
    averageOf(
      arm,
      rows.filter((row) => row.arm === arm),
    ),
  );
  const knowledge = arms.flatMap((arm) =>
    [true, false].flatMap((known) => knowledgeRow(claimRows, arm, known, manifest.rootSeed)),
  );
  return { datasets, arms, rows, averages, knowledge, claims: testClaims(claimRows) };
};
