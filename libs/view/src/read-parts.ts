import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunRecord } from '@coa/core';
import { indexColumns, pack, trajectoryView } from '@coa/report';
import type { Store } from '@coa/store';

/** What is read: a run, or one arm of it, under the name by which its agent is shown (null: the arm's own). */
export type ReadPart = {
  readonly runId: string;
  readonly arm: string | null;
  readonly agent: string | null;
};

/** Where a record stands. */
export type RecordPlace = { readonly part: ReadPart; readonly id: number };

/** What a page's list needs of some records, no trajectory. */
export type Listed = {
  /** The list, packed. */
  readonly index: string;
  /** The records in its order. */
  readonly places: readonly RecordPlace[];
};

/** Records read before other requests get a turn. */
const sliceSize = 256;

async function* slicesOf<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let start = 0; start < items.length; start += sliceSize) {
    yield items.slice(start, start + sliceSize);
    await nextTurn();
  }
}

export const renamed = (record: RunRecord, { agent }: ReadPart): RunRecord =>
  agent === null ? record : { ...record, arm: agent };

/** An id from an address may name nothing. */
export const isStored = (store: Store, runId: string): boolean => {
  try {
    store.readManifest(runId);
    return true;
  } catch {
    return false;
  }
};

/** Changes whenever counts or values of these runs do. */
export const stampOf = (store: Store, runs: readonly string[]): string => {
  const cells = JSON.stringify(runs.map((runId) => store.summarizeRun(runId)));
  return createHash('sha256').update(cells).digest('base64url').slice(0, 16);
};

/**
 * One pass over the records of some parts, one part after another, token arrays left out. It holds up no other request for
 * long, however many records there are.
 */
export const readParts = async (
  store: Store,
  parts: readonly ReadPart[],
  onRecord: (record: RunRecord, part: ReadPart) => void,
): Promise<Listed> => {
  const columns = indexColumns();
  const places: RecordPlace[] = [];
  for (const part of parts) {
    const { runId, arm } = part;
    const ids = store.recordIds(runId, arm === null ? {} : { arm });
    for (const id of ids) places.push({ part, id });
    for await (const slice of slicesOf(ids)) {
      for (const record of store.readRecords(runId, { ids: slice, tokens: false })) {
        columns.add(trajectoryView(renamed(record, part)));
        onRecord(record, part);
      }
    }
  }
  return { index: pack(columns.index()), places };
};
