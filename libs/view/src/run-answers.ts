import { indexColumns, pack, trajectoryView } from '@coa/report';
import { recordChunk } from './chunks.ts';
import type { Address, Desk } from './desk.ts';
import { isStored, type RecordPlace } from './read-parts.ts';
import { recordsPage } from './records-page.ts';
import type { Reply } from './reply.ts';
import { type NewRecord, runPage } from './run-page.ts';
import { type RunState, runCurves, runKey, runState } from './run-state.ts';
import { missing } from './shell.ts';
import { chunkReply, indexReply, outdated, sourceAsked } from './source-reply.ts';

const newestShown = 6;

const newestOf = ({ store }: Desk, runId: string): NewRecord[] => {
  const ids = store.recordIds(runId, { newest: newestShown });
  return [...store.readRecords(runId, { ids, tokens: false })].map((record, i) => ({
    id: ids[i]!,
    record,
  }));
};

const runReply = async (desk: Desk, runId: string): Promise<Reply> => {
  const { store, listRuns, base, cache } = desk;
  const listing = listRuns().find((run) => run.runId === runId)!;
  const state = await runState(store, cache, runId);
  return runPage({
    ...{ base, listing, state },
    writing: listing.status !== 'finished' && store.isBeingWritten(runId),
    curves: runCurves(store, runId),
    trainings: store.trainingsOf(runId),
    newest: listing.status === 'finished' ? [] : newestOf(desk, runId),
  });
};

const sourceReply = async (
  desk: Desk,
  runId: string,
  { path, query }: Address,
): Promise<Reply | null> => {
  const asked = sourceAsked(path, query);
  if (asked === null) return null;
  if (asked.kind === 'index') {
    const { version, index } = await runState(desk.store, desk.cache, runId);
    return indexReply(version, index);
  }
  const state = desk.cache.earlier<RunState>(runKey(runId), asked.version);
  if (state === null) return outdated;
  const wanted = { places: state.places, number: asked.number };
  return chunkReply(await recordChunk(desk.store, wanted, desk.textsOf));
};

/** `ids=4,8`: names of records; at most fifty, one chunk. */
const namedPlaces = (runId: string, query: URLSearchParams): RecordPlace[] | null => {
  const ids = query.get('ids') ?? '';
  if (!/^\d{1,15}(,\d{1,15}){0,49}$/.test(ids)) return null;
  const part = { runId, arm: null, agent: null };
  return ids.split(',').map((id) => ({ part, id: Number(id) }));
};

const recordsReply = async (
  desk: Desk,
  runId: string,
  { path, query }: Address,
): Promise<Reply | null> => {
  const places = namedPlaces(runId, query);
  if (places === null) return null;
  const ids = places.map(({ id }) => id);
  if (path.length === 0) return recordsPage({ base: desk.base, runId, ids });
  if (path[0] !== 'source') return null;
  const asked = sourceAsked(path.slice(1), query);
  if (asked === null) return null;
  if (asked.kind === 'chunk')
    return chunkReply(
      await recordChunk(desk.store, { places, number: asked.number }, desk.textsOf),
    );
  const columns = indexColumns();
  for (const record of desk.store.readRecords(runId, { ids, tokens: false }))
    columns.add(trajectoryView(record));
  return indexReply('', pack(columns.index()));
};

/** `run/ID`, its source, and some of its records by name. */
export const runAnswer = async (desk: Desk, { path, query }: Address): Promise<Reply | null> => {
  const [runId = '', what, ...rest] = path;
  if (!isStored(desk.store, runId)) return missing(desk.base, 'There is no such run.');
  switch (what) {
    case undefined:
      return runReply(desk, runId);
    case 'source':
      return sourceReply(desk, runId, { path: rest, query });
    case 'records':
      return recordsReply(desk, runId, { path: rest, query });
    default:
      return null;
  }
};
