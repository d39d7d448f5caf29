import { reported } from '@coa/runner';
import { openStore } from '@coa/store';
import { Command } from 'commander';
import { home, root, storeFile } from '../paths.ts';

/** `coa report RUN`: table and page of a stored run, without running anything. */
export const reportCommand = (): Command =>
  new Command('report')
    .description('Write the report of a stored run and print its comparison')
    .argument('<run>', "a run's id or the beginning of it (coa runs list)")
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option(
      '--light',
      'write light.html, results.md and manifest.json: no trajectories, to be kept in git',
    )
    .option('--json', 'print the comparison as JSON')
    .addHelpText('after', '\nExample:\n  coa report qa-eval-3f')
    .action(async (run: string, options: { store?: string; json?: boolean; light?: boolean }) => {
      const store = openStore(storeFile(options), { readonly: true });
      try {
        const places = { home: home(), root };
        const runId = store.resolveRun(run);
        const { table, report, summary } = await reported(store, runId, places, options.light);
        console.log(
          options.json ? JSON.stringify({ report, summary }, null, 2) : `${table}\n${report}`,
        );
      } finally {
        store.close();
      }
    });
