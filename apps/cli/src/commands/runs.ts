import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type CellSummary,
  type ExportFormat,
  exportFormats,
  exportRun,
  openStore,
  type RunListing,
  type Store,
} from '@coa/store';
import { Command, InvalidArgumentError, Option } from 'commander';
import { confirmed } from '../confirmed.ts';
import { storeFile } from '../paths.ts';
import { shown, textTable } from '../text-table.ts';
import { labelCommand } from './label-run.ts';
import { runTrainings, trainingTable } from './run-trainings.ts';

type Common = { readonly store?: string; readonly json?: boolean };
type DeleteChoice = Common & { readonly yes?: boolean };
type ListChoice = Common & {
  readonly label?: readonly string[];
  readonly experiment?: string;
  readonly limit?: number;
};
type ExportChoice = Common & {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly tokens?: boolean;
  readonly timing?: boolean;
};

const withStore = <T>(options: Common, work: (store: Store) => T, readonly = true): T => {
  const store = openStore(storeFile(options), { readonly });
  try {
    return work(store);
  } finally {
    store.close();
  }
};

const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

const percent = (value: number | null | undefined): string =>
  typeof value === 'number' ? (100 * value).toFixed(1) : '-';

const listingRow = (run: RunListing): (string | number)[] => [
  run.runId,
  run.status,
  `${run.rollouts}/${run.planned}`,
  run.errors,
  run.startedAt,
  run.arms.map(({ name, exactMatch }) => `${name} ${percent(exactMatch)}`).join('; '),
  run.labels.join(', '),
];

const list = (choice: ListChoice): void => {
  const { label: labels, experiment, limit } = choice;
  const filter = { ...(labels && { labels }), ...(experiment && { experiment }) };
  const runs = withStore(choice, (store) =>
    store.listRuns({ ...filter, ...(limit !== undefined && { limit }) }),
  );
  if (choice.json) printJson(runs);
  else if (runs.length > 0) {
    const head = ['run', 'status', 'stored', 'errors', 'started', 'exact match, %', 'labels'];
    console.log(shown(textTable(head, runs.map(listingRow))));
  } else {
    const asked = labels || experiment ? 'no such runs' : 'no runs';
    console.log(`The store holds ${asked}.`);
  }
};

const cellRow = (cell: CellSummary, metrics: readonly string[]): (string | number | null)[] => [
  cell.arm,
  cell.dataset,
  cell.rollouts,
  cell.errors,
  ...metrics.map((id) => {
    const mean = cell.metrics[id]?.mean;
    return typeof mean === 'number' ? Number(mean.toFixed(3)) : null;
  }),
];

const show = (id: string, options: Common): void =>
  withStore(options, (store) => {
    const runId = store.resolveRun(id);
    const manifest = store.readManifest(runId);
    const cells = store.summarizeRun(runId);
    const { ulid, labels } = store.listRuns({ runId })[0]!;
    const trainings = runTrainings(store, runId);
    if (options.json) {
      printJson({ ulid, labels, manifest, cells, trainings });
      return;
    }
    const metrics = store.metricIds(runId);
    console.log(shown(JSON.stringify(manifest, null, 2)));
    console.log(shown(`\nULID ${ulid ?? '-'}, labels: ${labels.join(', ') || 'none'}`));
    console.log(`\nMeans over finished rollouts:\n`);
    const head = ['arm', 'dataset', 'rollouts', 'errors', ...metrics];
    const rows = cells.map((cell) => cellRow(cell, metrics));
    console.log(shown(textTable(head, rows)));
    if (trainings.length > 0)
      console.log(`\nIts models were trained by:\n\n${shown(trainingTable(trainings))}`);
  });

/** jsonl lines as one JSON array. */
async function* asArray(lines: Iterable<Uint8Array>): AsyncGenerator<string> {
  let opening = '[\n';
  for (const line of lines) {
    yield opening + Buffer.from(line).toString('utf8').trimEnd();
    opening = ',\n';
  }
  yield opening === '[\n' ? '[]\n' : '\n]\n';
}

/** A reader that goes away (`| head`) ends it quietly. */
const toStdout = async (pieces: Iterable<Uint8Array> | AsyncIterable<string>): Promise<void> => {
  try {
    await pipeline(Readable.from(pieces), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
};

/** Under a name of its own first, so that a file with the asked name is always whole. */
const toFile = async (pieces: Iterable<Uint8Array>, file: string): Promise<number> => {
  mkdirSync(dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  try {
    const sink = createWriteStream(partial);
    await pipeline(Readable.from(pieces), sink);
    renameSync(partial, file);
    return sink.bytesWritten;
  } catch (cause) {
    rmSync(partial, { force: true });
    throw cause;
  }
};

const assertPrintable = ({ format, json, out }: ExportChoice): void => {
  if (out !== undefined) return;
  if (json && format !== 'jsonl') {
    throw new Error(
      `--json prints jsonl's records as one array; with --format ${format} add --out FILE`,
    );
  }
  if (format === 'parquet' && process.stdout.isTTY) {
    throw new Error('parquet is not for a terminal; add --out FILE');
  }
};

const exportTo = async (id: string, choice: ExportChoice): Promise<void> => {
  assertPrintable(choice);
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    const runId = store.resolveRun(id);
    const pieces = exportRun(store, runId, choice);
    if (choice.out === undefined) return await toStdout(choice.json ? asArray(pieces) : pieces);
    const file = resolve(choice.out);
    const bytes = await toFile(pieces, file);
    if (choice.json) printJson({ runId, format: choice.format, file, bytes });
    else console.error(`${runId}: ${bytes} bytes in ${file}`);
  } finally {
    store.close();
  }
};

/** `--yes`, or a yes on a terminal; where nobody can be asked, no. */
const isMeant = async (question: string, options: DeleteChoice): Promise<boolean> => {
  if (options.yes) return true;
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || options.json) throw new Error(`${question}: add --yes to do it`);
  return confirmed(`${question}?`, { input, output });
};

const remove = async (id: string, options: DeleteChoice): Promise<void> => {
  const run = withStore(options, (store) => store.listRuns({ runId: store.resolveRun(id) })[0]!);
  const { runId } = run;
  const question = `delete run '${shown(runId)}' with its ${run.rollouts + run.errors} records`;
  if (!(await isMeant(question, options))) {
    console.error('nothing was deleted');
    return;
  }
  withStore(options, (store) => store.deleteRun(runId), false);
  if (options.json) printJson({ deleted: runId });
  else console.error(`deleted ${shown(runId)}`);
};

const command = (name: string, description: string, example: string): Command =>
  new Command(name)
    .description(description)
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  coa runs ${example}`);

const idHelp =
  'run id, or a beginning of it, of its last part or of its ULID that fits one run alone';

const exportCommand = (): Command =>
  command(
    'export',
    'write a run as a file: equal results give equal bytes',
    'export 3f --format csv --out runs.csv',
  )
    .argument('<id>', idHelp)
    .addOption(
      new Option(
        '--format <format>',
        'jsonl: a whole record a line; csv: a flat row each; parquet: that row and the record',
      )
        .choices(exportFormats)
        .default('jsonl'),
    )
    .option('--out <file>', 'write here instead of stdout')
    .option('--tokens', 'jsonl, parquet: with token ids, masks and log-probs')
    .option('--timing', 'with wall-clock seconds; equal results then differ')
    .action(exportTo);

const countOf = (text: string): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('give a whole number of at least 1');
};

const listCommand = (): Command =>
  command('list', 'the stored runs, the last started first', 'list --label paper')
    .option('--label <names...>', 'only runs with all these labels')
    .option('--experiment <name>', 'only runs of this experiment')
    .option('--limit <count>', 'at most so many, the last started', countOf)
    .action(list);

const deleteCommand = (): Command =>
  command('delete', 'remove a run and all its records', 'delete qa-eval-3f')
    .argument('<id>', idHelp)
    .option('--yes', 'do not ask; needed where there is no terminal to ask on')
    .action(remove);

/** `coa runs list | show | label | export | delete`: what the run store holds. */
export const runsCommand = (): Command =>
  new Command('runs')
    .description('list, show, label, export and delete stored runs')
    .addCommand(listCommand())
    .addCommand(
      command(
        'show',
        'the manifest, the metrics by arm and data set, what trained its models',
        'show qa-eval-3f',
      )
        .argument('<id>', idHelp)
        .action(show),
    )
    .addCommand(labelCommand())
    .addCommand(exportCommand())
    .addCommand(deleteCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  coa runs list\n  coa runs show qa-eval-3f\n  coa runs label qa-eval-3f +paper\n  coa runs export 3f --format csv --out runs.csv',
    );
