import { openStore } from '@coa/store';
import { Command } from 'commander';
import { storeFile } from '../paths.ts';
import { shown } from '../text-table.ts';

type Options = { readonly store?: string; readonly json?: boolean };

/** `+name` adds, `-name` removes. */
const changeOf = (words: readonly string[]) => {
  const strange = words.find((word) => !/^[+-][^+-]/.test(word));
  if (strange !== undefined) {
    throw new Error(`'${strange}' is no change of a label: +name adds it, -name removes it`);
  }
  const named = (sign: '+' | '-') =>
    words.filter((word) => word.startsWith(sign)).map((word) => word.slice(1));
  return { add: named('+'), remove: named('-') };
};

const label = (run: string, words: readonly string[], options: Options): void => {
  const change = changeOf(words);
  const store = openStore(storeFile(options), { readonly: words.length === 0 });
  try {
    const runId = store.resolveRun(run);
    const labels =
      words.length > 0 ? store.labelRun(runId, change) : store.listRuns({ runId })[0]!.labels;
    if (options.json) console.log(JSON.stringify({ runId, labels }, null, 2));
    else console.log(shown(`${runId}: ${labels.join(', ') || 'no labels'}`));
  } finally {
    store.close();
  }
};

/** `coa runs label`; `-name` is a change, not an option, so no one-letter option is known here. */
export const labelCommand = (): Command =>
  new Command('label')
    .description('add and remove free labels of a run; without changes, show them')
    .argument('<run>', 'run id or ULID, or a beginning of it')
    .argument('[changes...]', '+name adds, -name removes')
    .allowUnknownOption()
    .helpOption('--help', 'display help for command')
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  coa runs label qa-eval-3f +paper -draft')
    .action(label);
