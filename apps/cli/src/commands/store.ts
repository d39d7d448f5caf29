import { type Upgraded, upgradeStore } from '@coa/store';
import { Command } from 'commander';
import { storeFile } from '../paths.ts';

type Common = { readonly store?: string; readonly json?: boolean };

const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

const upgraded = ({ file, before, after }: Upgraded): string =>
  before === after
    ? `${file} has schema version ${after} already`
    : `${file}: schema version ${before} became ${after}`;

const upgrade = (options: Common): void => {
  const result = upgradeStore(storeFile(options));
  if (options.json) printJson(result);
  else console.log(upgraded(result));
};

const command = (name: string, description: string, example: string): Command =>
  new Command(name)
    .description(description)
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  coa store ${example}`);

/** `coa store upgrade`: the file that holds the runs. */
export const storeCommand = (): Command =>
  new Command('store')
    .description('look after the file that holds the runs')
    .addCommand(
      command(
        'upgrade',
        'bring a store of an older checkout up to date; runs may go on meanwhile',
        'upgrade',
      ).action(upgrade),
    );
