import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `coa run <name>`, with what follows the target's name: never cached, since a run is kept by the run store. */
const experimentTarget = (file) => {
  const name = basename(file, '.ts');
  if (name.endsWith('.test')) return null;
  const options = { command: `coa run ${name}`, forwardAllArgs: true };
  return { experiments: { targets: { [name]: { executor: 'nx:run-commands', options } } } };
};

const hasTests = (folder) =>
  existsSync(folder) &&
  readdirSync(folder, { recursive: true }).some((file) => String(file).endsWith('.test.ts'));

/** The project's own tests. Never cached: some read data beside the checkout, which Nx does not see. */
const testTarget = (file) => {
  const root = dirname(file);
  if (!hasTests(join(root, 'src'))) return null;
  const options = { command: `vitest run --project @coa/${basename(root)}`, forwardAllArgs: true };
  return { [root]: { targets: { test: { executor: 'nx:run-commands', options } } } };
};

/**
 * Nx plugin: every `experiments/<name>.ts` is the target `experiments:<name>`, so that adding an experiment is adding its
 * file; every lib and app that has tests has a `test` target.
 */
export const createNodesV2 = [
  '{experiments/*.ts,libs/*/package.json,apps/*/package.json}',
  (files) =>
    files.flatMap((file) => {
      const projects = file.startsWith('experiments/') ? experimentTarget(file) : testTarget(file);
      return projects === null ? [] : [[file, { projects }]];
    }),
];
