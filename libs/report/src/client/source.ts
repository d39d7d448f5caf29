import { chunkSize, type ReportIndex, type TrajectoryView } from './payload.ts';
import { unpack } from './unpack.ts';

/** Where a page's trajectories come from: the report's own blocks, or a server. */
export type Source = {
  /** The list of all trajectories. */
  index(): Promise<ReportIndex>;
  /** Trajectory `number` of the index; undefined where there is none. */
  view(number: number): Promise<TrajectoryView | undefined>;
};

/** A packed block by its name; null where there is none. */
export type ReadBlock = (name: string) => Promise<string | null>;

/** An index of nothing. */
export const emptyIndex: ReportIndex = {
  sets: [],
  arms: [],
  questions: { set: [], id: [], text: [], known: [] },
  said: [],
  entries: {
    question: [],
    arm: [],
    repeat: [],
    exactMatch: [],
    tokenF1: [],
    ending: [],
    actions: [],
    said: [],
  },
};

/** The blocks that stand in the page itself, in scripts that never run. */
export const inlineBlock: ReadBlock = async (name) =>
  document.querySelector(`script[type="text/plain"][data-block="${name}"]`)?.textContent ?? null;

/** Trajectories out of the blocks that `packRecords` made, each read and decoded when it is needed. */
export const packedSource = (read: ReadBlock): Source => {
  let decoded: { readonly chunk: number; readonly views: readonly TrajectoryView[] } | null = null;
  const block = async <T>(name: string): Promise<T | null> => {
    const packed = await read(name);
    return packed === null ? null : unpack<T>(packed);
  };
  return {
    index: async () => (await block<ReportIndex>('index')) ?? emptyIndex,
    view: async (number) => {
      const chunk = Math.floor(number / chunkSize);
      // neighbours are opened one after another
      if (decoded?.chunk !== chunk) {
        decoded = { chunk, views: (await block<TrajectoryView[]>(`chunk-${chunk}`)) ?? [] };
      }
      return decoded.views[number % chunkSize];
    },
  };
};
