import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this command line belongs to. */
export const root = resolve(fileURLToPath(import.meta.url), '../../../..');

/** Downloads, imports, indexes and the run store: `COA_HOME`, else `.coa/` in the checkout. */
export const home = (): string => resolve(process.env.COA_HOME ?? resolve(root, '.coa'));

/** The run store that a command was given, else the one in `home`. */
export const storeFile = ({ store }: { readonly store?: string }): string =>
  resolve(store ?? resolve(home(), 'runs.db'));
