/** What was made of a store at some time. */
export type State = {
  /** Tells this state from an earlier one of the same key. */
  readonly version: string;
};

/** Keys that are kept, and how many states of each. */
const mostKept = 8;
const statesKept = 3;

/** What grows is made anew no more often than every so many times as long as it took the last time. */
const patience = 5;

type Entry = {
  /** The last first. */
  states: readonly State[];
  madeAt: number;
  tookMs: number;
  making: Promise<State> | null;
};

export type StateCache = {
  /**
   * What there is now: made by `make` where `stamp` is another than the last one's. Where making takes long, what there was a
   * short while ago.
   */
  now<T extends State>(
    key: string,
    stamp: () => string,
    make: (version: string) => Promise<T>,
  ): Promise<T>;
  /** An earlier state that a page still shows; null where it is no longer kept. */
  earlier<T extends State>(key: string, version: string): T | null;
};

/** States by key, each made once and kept while it is asked for. `clock`: milliseconds. One key has states of one type. */
export const stateCache = (clock: () => number): StateCache => {
  const entries = new Map<string, Entry>();
  const entryOf = (key: string): Entry => {
    const entry = entries.get(key) ?? { states: [], madeAt: 0, tookMs: 0, making: null };
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > mostKept) entries.delete(entries.keys().next().value!);
    return entry;
  };
  const made = async (entry: Entry, make: () => Promise<State>): Promise<State> => {
    const begun = clock();
    const state = await make();
    entry.states = [state, ...entry.states].slice(0, statesKept);
    entry.madeAt = clock();
    entry.tookMs = entry.madeAt - begun;
    return state;
  };
  return {
    now: async (key, stamp, make) => {
      const entry = entryOf(key);
      const [last] = entry.states;
      if (last && clock() - entry.madeAt < patience * entry.tookMs) return last as never;
      const version = stamp();
      if (last?.version === version) return last as never;
      entry.making ??= made(entry, () => make(version)).finally(() => {
        entry.making = null;
      });
      return entry.making as never;
    },
    earlier: (key, version) =>
      (entries.get(key)?.states.find((state) => state.version === version) ?? null) as never,
  };
};
