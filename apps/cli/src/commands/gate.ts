import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Comparison,
  compareAttempts,
  type Difference,
  defaultDifference,
  type GateRow,
  type GateVerdict,
  gateVerdict,
  isShare,
  type Side,
  worstVerdict,
} from '@coa/compare';
import { type GateSuite, gateNumber, renderJunit } from '@coa/report';
import { openStore } from '@coa/store';
import { Command } from 'commander';
import { storeFile } from '../paths.ts';
import { pairsOf, sideReader } from '../sides.ts';
import { shown, textTable } from '../text-table.ts';
import { numberOf } from './compare.ts';

type Choice = {
  readonly store?: string;
  readonly baseline: string;
  readonly metric: string;
  readonly maxDrop: number;
  readonly each?: boolean;
  readonly junit?: string;
  readonly json?: boolean;
};

const exitCodes: Readonly<Record<GateVerdict, number>> = { pass: 0, drop: 1, undecided: 2 };

/** The mean over the sets decides (the only set where there is one); with `each`, every set as well. */
const judgedRows = ({ differences }: Comparison, { each }: Choice): readonly Difference[] =>
  each ? differences : differences.slice(-1);

/** A share is counted in points; what is no share, e.g. action steps, in its own unit. */
const unitOf = (comparison: Comparison): GateSuite['unit'] =>
  isShare(comparison) ? 'points' : 'plain';

const suiteOf = (name: string, comparison: Comparison, choice: Choice): GateSuite => {
  const unit = unitOf(comparison);
  const maxDrop = unit === 'points' ? choice.maxDrop / 100 : choice.maxDrop;
  const rows = judgedRows(comparison, choice).map((row) => ({
    row,
    verdict: gateVerdict(row, maxDrop),
  }));
  return { name, unit, rows, cautions: comparison.cautions };
};

const cells = ({ name, unit }: GateSuite, { row, verdict }: GateRow): string[] => {
  const shownAs = (value: number): string => gateNumber(value, unit);
  return [
    name,
    row.dataset ?? 'mean of sets',
    verdict,
    shownAs(row.difference),
    `${shownAs(row.low)} to ${shownAs(row.high)}`,
    String(row.questions),
  ];
};

const nameOf = ({ manifest, arm }: Side): string => `${manifest.runId}:${arm}`;

const suitesOf = (run: string, choice: Choice): GateSuite[] => {
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    const { metric } = choice;
    const read = sideReader(store, metric);
    return pairsOf(store, [choice.baseline, run], undefined).map(({ a, b }) => {
      const comparison = compareAttempts(read(a), read(b), metric, defaultDifference);
      return suiteOf(`${nameOf(b)} against ${nameOf(a)}`, comparison, choice);
    });
  } finally {
    store.close();
  }
};

const printed = (
  suites: readonly GateSuite[],
  verdict: GateVerdict,
  { metric, maxDrop }: Choice,
): string => {
  const head = ['comparison', 'set', 'verdict', 'difference', '95 %', 'n'];
  const rows = suites.flatMap((suite) => suite.rows.map((row) => cells(suite, row)));
  const cautions = [...new Set(suites.flatMap((suite) => suite.cautions))];
  const unit = suites.every((suite) => suite.unit === 'points') ? 'points' : `of ${metric}`;
  return [
    textTable(head, rows),
    '',
    ...cautions.map((caution) => `caution: ${caution}`),
    `${verdict} (at most ${maxDrop} ${unit} may be lost)`,
  ].join('\n');
};

const writeJunit = (file: string, suites: readonly GateSuite[]): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, renderJunit(suites));
};

const gate = (run: string, choice: Choice): void => {
  // what goes wrong from here on is no verdict: neither passed nor dropped
  process.exitCode = exitCodes.undecided;
  const suites = suitesOf(run, choice);
  const verdict = worstVerdict(suites.flatMap(({ rows }) => rows.map((row) => row.verdict)));
  const { maxDrop, json, junit } = choice;
  console.log(
    json
      ? JSON.stringify({ verdict, maxDrop, suites }, null, 2)
      : shown(printed(suites, verdict, choice)),
  );
  if (junit !== undefined) writeJunit(junit, suites);
  process.exitCode = exitCodes[verdict];
};

/** `coa gate RUN --baseline RUN`: for CI. */
export const gateCommand = (): Command =>
  new Command('gate')
    .description(
      'Decide on the interval whether a run lost more than it may: exit 0 = no, 1 = yes, 2 = undecided or not run',
    )
    .argument('<run>', 'the run to be judged, or one arm of it as RUN:ARM')
    .requiredOption('--baseline <run>', 'the run it is held against')
    .option('--metric <id>', 'what is compared', 'exactMatch')
    .option(
      '--max-drop <points>',
      'how much may be lost: of a share in points, else in the metric’s own unit',
      numberOf,
      2,
    )
    .option('--each', 'every set must pass, not their mean alone')
    .option('--junit <file>', 'also write JUnit XML')
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  coa gate qa-eval-9c:AutoCoA --baseline qa-eval-3f:AutoCoA --max-drop 2 --junit gate.xml',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.undecided))
    .action(gate);
