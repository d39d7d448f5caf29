import { writeFileSync } from 'node:fs';
import {
  compareSides,
  defaultDifference,
  type GateRow,
  type GateVerdict,
  gateVerdict,
  type Side,
  worstVerdict,
} from '@coa/compare';
import { type GateSuite, renderJunit } from '@coa/report';
import { openStore } from '@coa/store';
import { Command } from 'commander';
import { storeFile } from '../paths.ts';
import { pairsOf, withRecords } from '../sides.ts';
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
const rowsOf = (
  differences: ReturnType<typeof compareSides>['differences'],
  { each, maxDrop }: Choice,
): GateRow[] =>
  (each ? differences : differences.slice(-1)).map((row) => ({
    row,
    verdict: gateVerdict(row, maxDrop / 100),
  }));

const points = (share: number): string => (100 * share).toFixed(1);

const cells = (name: string, { row, verdict }: GateRow): string[] => [
  name,
  row.dataset ?? 'mean of sets',
  verdict,
  points(row.difference),
  `${points(row.low)} to ${points(row.high)}`,
  String(row.questions),
];

const nameOf = ({ manifest, arm }: Side): string => `${manifest.runId}:${arm}`;

const suitesOf = (run: string, choice: Choice): GateSuite[] => {
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    return pairsOf(store, [choice.baseline, run], undefined).map(({ a, b }) => {
      const { metric } = choice;
      const sides = [withRecords(store, a, metric), withRecords(store, b, metric)] as const;
      const { differences } = compareSides(...sides, metric, defaultDifference);
      return { name: `${nameOf(b)} against ${nameOf(a)}`, rows: rowsOf(differences, choice) };
    });
  } finally {
    store.close();
  }
};

const gate = (run: string, choice: Choice): void => {
  // what goes wrong from here on is no verdict: neither passed nor dropped
  process.exitCode = exitCodes.undecided;
  const suites = suitesOf(run, choice);
  const verdict = worstVerdict(suites.flatMap(({ rows }) => rows.map((row) => row.verdict)));
  if (choice.junit !== undefined) writeFileSync(choice.junit, renderJunit(suites));
  if (choice.json)
    console.log(JSON.stringify({ verdict, maxDrop: choice.maxDrop, suites }, null, 2));
  else {
    const head = ['comparison', 'set', 'verdict', 'difference', '95 %', 'n'];
    const rows = suites.flatMap(({ name, rows: own }) => own.map((row) => cells(name, row)));
    console.log(
      `${shown(textTable(head, rows))}\n\n${verdict} (at most ${choice.maxDrop} points may be lost)`,
    );
  }
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
    .option('--max-drop <points>', 'how much may be lost', numberOf, 2)
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
