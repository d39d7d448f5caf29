import Database from 'better-sqlite3';
import { assertOpenable, connect } from './connection.ts';
import { checkedVersion, knownVersion } from './migrate.ts';
import { explained } from './store-failure.ts';

/** Schema versions of a store before and after. */
export type Upgraded = { readonly file: string; readonly before: number; readonly after: number };

/** Brings the schema of a stored file up to date, whoever writes to it meanwhile. Throws where there is none. */
export const upgradeStore = (file: string): Upgraded => {
  assertOpenable(file, true);
  return explained('upgrade the run store', file, () => {
    const client = new Database(file, { fileMustExist: true, readonly: true });
    const before = checkedVersion(client, file);
    client.close();
    const connection = connect(file, { readonly: false, busyTimeoutMs: 30_000 });
    connection.client.close();
    return { file: connection.file, before, after: knownVersion };
  });
};
