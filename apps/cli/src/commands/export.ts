import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Table, type TableFormat, tableFormats, writeTable } from '@coa/report';
import { runTables } from '@coa/runner';
import { openStore } from '@coa/store';
import { Command, Option } from 'commander';
import { home, root, storeFile } from '../paths.ts';

type Choice = {
  readonly store?: string;
  readonly table: string;
  readonly format: TableFormat;
  readonly out?: string;
  readonly list?: boolean;
  readonly json?: boolean;
};

const listed = (tables: readonly Table[], json: boolean | undefined): string => {
  const rows = tables.map(({ id, title, columns, groups }) => ({
    ...{ id, title, columns: columns.length },
    rows: groups.reduce((sum, group) => sum + group.rows.length, 0),
  }));
  if (json) return JSON.stringify(rows, null, 2);
  const width = Math.max(...rows.map(({ id }) => id.length));
  return rows
    .map(({ id, title, rows: n, columns }) => `${id.padEnd(width)}  ${title} (${n} x ${columns})`)
    .join('\n');
};

const chosen = (tables: readonly Table[], id: string): readonly Table[] => {
  if (id === 'all') return tables;
  const table = tables.find((one) => one.id === id);
  if (table) return [table];
  const ids = tables.map((one) => one.id).join(', ');
  throw new Error(`this run's report has no table '${id}'; it has: ${ids}`);
};

/** Several tables in one text: an array in JSON, else one after another. */
const joined = (tables: readonly Table[], format: TableFormat): string => {
  if (format === 'json' && tables.length > 1) return `${JSON.stringify(tables, null, 2)}\n`;
  return tables.map((table) => writeTable(table, format)).join(format === 'csv' ? '\r\n' : '\n');
};

const isFolder = (path: string): boolean =>
  path.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());

/** To a file, or into a folder: a file a table, named after it. */
const save = (tables: readonly Table[], format: TableFormat, out: string): void => {
  if (!isFolder(out)) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, joined(tables, format));
    return;
  }
  mkdirSync(out, { recursive: true });
  for (const table of tables)
    writeFileSync(join(out, `${table.id}.${tableFormats[format]}`), writeTable(table, format));
};

const exportTables = (run: string, choice: Choice): void => {
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    const tables = runTables(store, store.resolveRun(run), { home: home(), root });
    if (choice.list) {
      console.log(listed(tables, choice.json));
      return;
    }
    const wanted = chosen(tables, choice.table);
    const format = choice.json ? 'json' : choice.format;
    if (choice.out !== undefined) save(wanted, format, choice.out);
    else process.stdout.write(joined(wanted, format));
  } finally {
    store.close();
  }
};

/** `coa export RUN`: the tables of a run's report, as the buttons of the page give them. */
export const exportCommand = (): Command =>
  new Command('export')
    .description('Write the tables of a run’s report as Markdown, CSV, LaTeX or JSON')
    .argument('<run>', "a run's id or the beginning of it (coa runs list)")
    .option('--table <id>', 'one table (--list names them), or all', 'all')
    .addOption(
      new Option('--format <name>', 'what to write')
        .choices(Object.keys(tableFormats))
        .default('md'),
    )
    .option('--out <path>', 'a file; or a folder (with / at the end), for a file a table')
    .option('--list', 'list the tables')
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'the same as --format json; with --list, the list as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  coa export qa-eval-3f --list\n  coa export qa-eval-3f --table table1 --format latex --out table1.tex\n  coa export qa-eval-3f --format csv --out tables/',
    )
    .action(exportTables);
