import { bundleClient } from '@coa/report/bundle';
import type { RunListing, Store } from '@coa/store';
import { type OpenTokenTexts, tokenTextsByRun } from './chunks.ts';
import { compareAnswer } from './compare-answers.ts';
import type { Address, Desk } from './desk.ts';
import type { Reply } from './reply.ts';
import { runAnswer } from './run-answers.ts';
import { readRunFilter, runsPage } from './runs-page.ts';
import { missing } from './shell.ts';
import { stateCache } from './state-cache.ts';
import { trainingAnswer } from './training-answers.ts';
import { trainingsPage } from './training-pages.ts';

export type PageOptions = {
  /** Opened for reading; the caller closes it after the server. */
  readonly store: Store;
  /** Opens what the tokens of arms are in text. */
  readonly tokenTexts: OpenTokenTexts;
  /** Milliseconds. */
  readonly clock: () => number;
};

export type Pages = {
  answer(address: Address): Promise<Reply>;
  /** Another number whenever the store has changed. */
  version(): number;
};

/** null: there is no such page. */
const pageAt = async (desk: Desk, { path, query }: Address): Promise<Reply | null> => {
  const { store, listRuns, base } = desk;
  const [first, ...rest] = path;
  switch (first) {
    case undefined:
      return runsPage(listRuns(), readRunFilter(query), { base, file: store.file });
    case 'run':
      return runAnswer(desk, { path: rest, query });
    case 'trainings':
      return rest.length === 0 ? trainingsPage(store.listTrainings(), base) : null;
    case 'training':
      return trainingAnswer(desk, { path: rest, query });
    case 'compare':
      return compareAnswer(desk, { path: rest, query });
    default:
      return null;
  }
};

/** The list as it was read last, while nobody has written. */
const keptListing = (store: Store): (() => readonly RunListing[]) => {
  let kept: { readonly version: number; readonly runs: readonly RunListing[] } | null = null;
  return () => {
    const version = store.dataVersion();
    if (kept?.version !== version) kept = { version, runs: store.listRuns() };
    return kept.runs;
  };
};

/** The server's pages; `base`: where their addresses begin. */
export const openPages = async ({
  store,
  tokenTexts,
  clock,
  base,
}: PageOptions & { readonly base: string }): Promise<Pages> => {
  const client = await bundleClient('view');
  const script: Reply = { status: 200, type: 'script', body: client.script };
  const style: Reply = { status: 200, type: 'style', body: client.style };
  const textsOf = tokenTextsByRun(store, tokenTexts);
  const cache = stateCache(clock);
  const listRuns = keptListing(store);
  const desk: Desk = { store, listRuns, base, cache, openTokenTexts: tokenTexts, textsOf };
  return {
    version: () => store.dataVersion(),
    answer: async (address) => {
      const [first] = address.path;
      if (first === 'client.js') return script;
      if (first === 'style.css') return style;
      return (await pageAt(desk, address)) ?? missing(base, 'There is no such page.');
    },
  };
};
