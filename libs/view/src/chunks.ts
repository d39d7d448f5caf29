import type { Manifest } from '@coa/core';
import {
  chunkSize,
  pack,
  type TokenTextsOf,
  type TrajectoryView,
  trajectoryView,
} from '@coa/report';
import type { Store } from '@coa/store';
import { type ReadPart, type RecordPlace, renamed } from './read-parts.ts';

/** What the tokens of the arms of a run, or of a recipe, are in text. */
export type OpenTokenTexts = (from: Pick<Manifest, 'arms' | 'model'>) => Promise<TokenTextsOf>;

/** The texts of each run's tokens, opened once. */
export const tokenTextsByRun = (
  store: Store,
  open: OpenTokenTexts,
): ((runId: string) => Promise<TokenTextsOf>) => {
  const opened = new Map<string, Promise<TokenTextsOf>>();
  return (runId) => {
    const texts = opened.get(runId) ?? open(store.readManifest(runId));
    opened.set(runId, texts);
    return texts;
  };
};

/** One of a packed list of views, as the client reads them. */
export const packedChunk = (views: readonly TrajectoryView[], number: number): string =>
  pack(views.slice(number * chunkSize, (number + 1) * chunkSize));

/** Neighbours of one part together. */
const byPart = (places: readonly RecordPlace[]): { part: ReadPart; ids: number[] }[] => {
  const groups: { part: ReadPart; ids: number[] }[] = [];
  for (const { part, id } of places) {
    const last = groups.at(-1);
    if (last?.part === part) last.ids.push(id);
    else groups.push({ part, ids: [id] });
  }
  return groups;
};

/** The trajectories of a chunk of places, tokens and all, packed; only these are read. */
export const recordChunk = async (
  store: Store,
  { places, number }: { readonly places: readonly RecordPlace[]; readonly number: number },
  textsOf: (runId: string) => Promise<TokenTextsOf>,
): Promise<string> => {
  const views: TrajectoryView[] = [];
  const wanted = places.slice(number * chunkSize, (number + 1) * chunkSize);
  for (const { part, ids } of byPart(wanted)) {
    const texts = await textsOf(part.runId);
    for (const record of store.readRecords(part.runId, { ids }))
      views.push(trajectoryView(renamed(record, part), texts(record.arm)));
  }
  return pack(views);
};
