import {
  type CheckResult,
  checkStore,
  type Merged,
  mergeStore,
  recountStore,
  type StoreCheck,
  type Upgraded,
  upgradeStore,
  type Vacuumed,
  vacuumStore,
} from '@coa/store';
import { Command } from 'commander';
import { storeFile } from '../paths.ts';
import { shown } from '../text-table.ts';

type Common = { readonly store?: string; readonly json?: boolean };

const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const counted = (count: number | null): string => count?.toLocaleString('en') ?? '?';

const checkedLine = ({ name, problems }: CheckResult): string =>
  [
    `${problems.length === 0 ? 'ok   ' : 'WRONG'}  ${name}`,
    ...problems.map((problem) => `         ${problem}`),
  ].join('\n');

const verdict = (check: StoreCheck): string => {
  const { file, schemaVersion, bytes, runs, rollouts, trainings, trainingRollouts, checks } = check;
  const wrong = checks.filter(({ problems }) => problems.length > 0).length;
  const held = `${counted(runs)} runs with ${counted(rollouts)} rollouts, ${counted(trainings)} trainings with ${counted(trainingRollouts)}`;
  const end = check.sound
    ? `sound: all ${checks.length} checks passed`
    : `NOT sound: ${wrong} of ${checks.length} checks found something. Kept counts are counted again by --repair; for all else bring back a copy, or merge what is whole into a new store`;
  return `${file}: schema version ${schemaVersion}, ${megabytes(bytes)}, ${held}\n${end}`;
};

const check = (options: Common & { readonly repair?: boolean }): void => {
  const file = storeFile(options);
  try {
    if (options.repair) recountStore(file);
    const say = (result: CheckResult): void => console.log(shown(checkedLine(result)));
    const result = checkStore(file, options.json ? undefined : say);
    if (options.json) printJson(result);
    else console.log(verdict(result));
    if (!result.sound) process.exitCode = 1;
  } catch (cause) {
    process.exitCode = 2;
    throw cause;
  }
};

const vacuumed = ({ file, before, after }: Vacuumed): string =>
  `${file}: ${megabytes(before)} became ${megabytes(after)}`;

const vacuum = (options: Common): void => {
  const result = vacuumStore(storeFile(options));
  if (options.json) printJson(result);
  else console.log(vacuumed(result));
};

const partOf = (merged: Exclude<Merged, { readonly outcome: 'skipped' }>): string => {
  switch (merged.kind) {
    case 'training':
      return `${counted(merged.added)} steps`;
    case 'run':
      return [
        `${counted(merged.added)} rollouts`,
        ...(merged.kept > 0 ? [`${counted(merged.kept)} were here and stay`] : []),
        ...(merged.labels > 0 ? [`${merged.labels} labels`] : []),
      ].join(', ');
  }
};

const mergedLine = (merged: Merged): string =>
  `${merged.outcome.padEnd(9)}  ${merged.kind} ${merged.name}: ${merged.outcome === 'skipped' ? merged.reason : partOf(merged)}`;

const summaryOf = (merged: readonly Merged[]): string => {
  const outcomes = ['added', 'completed', 'unchanged', 'skipped'] as const;
  const parts = outcomes.map(
    (outcome) => `${merged.filter((one) => one.outcome === outcome).length} ${outcome}`,
  );
  return `${merged.length} runs and trainings: ${parts.join(', ')}`;
};

const merge = (others: readonly string[], options: Common): void => {
  const say = (merged: Merged): void => {
    if (!options.json && merged.outcome !== 'unchanged') console.log(shown(mergedLine(merged)));
  };
  const merged = others.flatMap((file) => mergeStore(storeFile(options), file, say));
  if (options.json) printJson(merged);
  else console.log(summaryOf(merged));
  if (merged.some(({ outcome }) => outcome === 'skipped')) process.exitCode = 1;
};

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

const checkCommand = (): Command =>
  command(
    'check',
    'look for damage: pages, keys, schema, and what must agree. Exits 0: sound, 1: not, 2: could not be checked',
    'check',
  )
    .option('--repair', 'first count again what is kept as counts')
    .action(check);

const mergeCommand = (): Command =>
  command(
    'merge',
    'bring runs, trainings and labels of other stores that are missing here; what is here stays. Exits 1 where something was skipped',
    'merge ~/from-the-cluster/runs.db',
  )
    .argument('<others...>', 'store files of other machines; they are only read')
    .action(merge);

/** `coa store check | vacuum | merge | upgrade`: the file that holds the runs. */
export const storeCommand = (): Command =>
  new Command('store')
    .description('check, shrink, merge and upgrade the file that holds the runs')
    .addCommand(checkCommand())
    .addCommand(
      command('vacuum', 'give the disk back what deleted runs took', 'vacuum').action(vacuum),
    )
    .addCommand(mergeCommand())
    .addCommand(
      command(
        'upgrade',
        'bring a store of an older checkout up to date; runs may go on meanwhile',
        'upgrade',
      ).action(upgrade),
    );
