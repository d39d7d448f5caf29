import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type Comparison,
  compareAttempts,
  defaultDifference,
  type FlipKind,
  flipKinds,
  flipsOf,
  isShare,
  sharedDraws,
} from '@coa/compare';
import { overviewTable, renderComparison, renderFlips, tableText } from '@coa/report';
import { openStore, type Store } from '@coa/store';
import { Command, InvalidArgumentError, Option } from 'commander';
import { writeComparisonPage } from '../compare-html.ts';
import { storeFile } from '../paths.ts';
import { pairsOf, sideReader } from '../sides.ts';

type Choice = {
  readonly store?: string;
  readonly metric: string;
  readonly baseline?: string;
  readonly margin?: number;
  readonly flips?: FlipKind;
  readonly html?: string;
  readonly json?: boolean;
};

export const numberOf = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('give a number of at least 0');
  }
  return value;
};

/** In the metric's unit: of a share it was given in points. */
const marginOf = (share: boolean, margin: number | undefined): { readonly margin?: number } =>
  margin === undefined ? {} : { margin: share ? margin / 100 : margin };

const comparisonsOf = (
  store: Store,
  runs: readonly string[],
  { metric, baseline, margin }: Choice,
): Comparison[] => {
  const read = sideReader(store, metric);
  const options = { ...defaultDifference, draws: sharedDraws() };
  return pairsOf(store, runs, baseline).map((pair) => {
    const [a, b] = [read(pair.a), read(pair.b)];
    const share = isShare({ metric, flips: flipsOf(a.attempts, b.attempts) });
    return compareAttempts(a, b, metric, { ...options, ...marginOf(share, margin) });
  });
};

const assertFlips = (comparisons: readonly Comparison[], { flips, metric }: Choice): void => {
  if (flips === undefined || comparisons.every(isShare)) return;
  throw new Error(`${metric} is no share: nothing is right or wrong by it, so leave --flips out`);
};

const print = (comparisons: readonly Comparison[], { flips: kind, json }: Choice): void => {
  if (json) {
    console.log(JSON.stringify(comparisons, null, 2));
    return;
  }
  for (const comparison of comparisons) {
    console.log(renderComparison(comparison));
    if (kind) console.log(renderFlips(comparison.flips.filter((flip) => flip.kind === kind)));
  }
  if (comparisons.length > 1) console.log(tableText(overviewTable(comparisons)));
};

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** What makes the same comparison again. */
const commandOf = (runs: readonly string[], { metric, baseline, margin }: Choice): string => {
  const named = baseline === undefined ? [] : ['--baseline', baseline];
  const within = margin === undefined ? [] : ['--margin', `${margin}`];
  const words = ['coa', 'compare', ...runs, ...named, '--metric', metric, ...within];
  return words.map(quoted).join(' ');
};

const compare = async (runs: readonly string[], choice: Choice): Promise<void> => {
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    // a page that cannot be written is said before minutes of comparing
    if (choice.html !== undefined) mkdirSync(dirname(resolve(choice.html)), { recursive: true });
    const comparisons = comparisonsOf(store, runs, choice);
    assertFlips(comparisons, choice);
    print(comparisons, choice);
    if (choice.html === undefined) return;
    const command = commandOf(runs, choice);
    const path = await writeComparisonPage(store, comparisons, { file: choice.html, command });
    if (!choice.json) console.log(path);
  } finally {
    store.close();
  }
};

/** `coa compare RUN...`: arms and runs against each other, question by question. */
export const compareCommand = (): Command =>
  new Command('compare')
    .description(
      'Compare arms and runs question by question: differences, who flipped, costs, configuration',
    )
    .argument(
      '<runs...>',
      'one run: its other arms with its baseline; several: each with the first, arms of one name together. RUN:ARM names one arm',
    )
    .option(
      '--baseline <arm>',
      'the arm to compare with (default: the baseline of the experiment, else the first)',
    )
    .option('--metric <id>', 'what is compared', 'exactMatch')
    .option(
      '--margin <size>',
      'differences up to this count as none: of a share in points, else in the metric’s own unit (default: 2 points; 0.02 of what is no share)',
      numberOf,
    )
    .addOption(
      new Option('--flips <kind>', 'also list the attempts of one kind').choices(flipKinds),
    )
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--html <file>', 'also write one HTML page, with both trajectories of every attempt')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  coa compare qa-eval-3f --baseline ReAct --html compared.html\n  coa compare 3f:AutoCoA 9c:AutoCoA --flips onlyA',
    )
    .action(compare);
