import type { RunListing, Store } from '@coa/store';
import type { OpenTokenTexts, tokenTextsByRun } from './chunks.ts';
import type { StateCache } from './state-cache.ts';

/** What is asked for: an address without the token, and its query. */
export type Address = { readonly path: readonly string[]; readonly query: URLSearchParams };

/** What every answer is made with. */
export type Desk = {
  readonly store: Store;
  /** Every run, the last started first; read again where the store has changed. */
  readonly listRuns: () => readonly RunListing[];
  /** Where the server's addresses begin. */
  readonly base: string;
  readonly cache: StateCache;
  readonly openTokenTexts: OpenTokenTexts;
  readonly textsOf: ReturnType<typeof tokenTextsByRun>;
};
