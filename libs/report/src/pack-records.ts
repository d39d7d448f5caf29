import type { RunRecord } from '@coa/core';
import { chunkSize, type TrajectoryView } from './client/payload.ts';
import { indexColumns } from './index-columns.ts';
import { pack } from './pack.ts';
import { trajectoryView } from './trajectory-view.ts';

/** A packed block of data and the name by which `packedSource` asks for it. */
export type Block = { readonly name: string; readonly packed: string };

/** Records as the blocks that `packedSource` reads, in bounded memory: trajectories by chunks, the index last. */
export function* packRecords(records: Iterable<RunRecord>): Generator<Block> {
  const columns = indexColumns();
  let chunk: TrajectoryView[] = [];
  let number = 0;
  for (const record of records) {
    const view = trajectoryView(record);
    columns.add(view);
    chunk.push(view);
    if (chunk.length === chunkSize) {
      yield { name: `chunk-${number++}`, packed: pack(chunk) };
      chunk = [];
    }
  }
  if (chunk.length > 0) yield { name: `chunk-${number}`, packed: pack(chunk) };
  yield { name: 'index', packed: pack(columns.index()) };
}
