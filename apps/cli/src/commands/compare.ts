import { compareSides, defaultDifference, type FlipKind, flipKinds } from '@coa/compare';
import { renderComparison, renderFlips } from '@coa/report';
import { openStore } from '@coa/store';
import { Command, InvalidArgumentError, Option } from 'commander';
import { storeFile } from '../paths.ts';
import { pairsOf, withRecords } from '../sides.ts';

type Choice = {
  readonly store?: string;
  readonly metric: string;
  readonly baseline?: string;
  readonly margin: number;
  readonly flips?: FlipKind;
  readonly json?: boolean;
};

export const numberOf = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('give a number of at least 0');
  }
  return value;
};

const compare = (runs: readonly string[], choice: Choice): void => {
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    const options = { ...defaultDifference, margin: choice.margin / 100 };
    const comparisons = pairsOf(store, runs, choice.baseline).map(({ a, b }) =>
      compareSides(
        withRecords(store, a, choice.metric),
        withRecords(store, b, choice.metric),
        choice.metric,
        options,
      ),
    );
    if (choice.json) {
      console.log(JSON.stringify(comparisons, null, 2));
      return;
    }
    for (const comparison of comparisons) {
      console.log(renderComparison(comparison));
      const { flips: kind } = choice;
      if (kind) console.log(renderFlips(comparison.flips.filter((flip) => flip.kind === kind)));
    }
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
    .option('--baseline <arm>', 'the arm to compare with (default: the first)')
    .option('--metric <id>', 'what is compared', 'exactMatch')
    .option('--margin <points>', 'differences up to this count as none', numberOf, 2)
    .addOption(
      new Option('--flips <kind>', 'also list the attempts of one kind').choices(flipKinds),
    )
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  coa compare qa-eval-3f --baseline ReAct\n  coa compare 3f:AutoCoA 9c:AutoCoA --flips onlyA',
    )
    .action(compare);
