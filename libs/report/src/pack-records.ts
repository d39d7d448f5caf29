import type { RunRecord } from '@coa/core';
import { chunkSize, type PackedView } from './client/packed.ts';
import { indexColumns } from './index-columns.ts';
import { type Block, pack } from './pack.ts';
import { packView, piecesInUse } from './pack-view.ts';
import { sharedTexts } from './shared-texts.ts';
import { type TokenTexts, trajectoryView } from './trajectory-view.ts';

/** Texts of an arm's tokens, or why there are none. */
export type TokenTextsOf = (arm: string) => TokenTexts;

/**
 * Records as the blocks that `packedSource` reads, in bounded memory: trajectories by chunks, what they share by blocks as it
 * fills them, the index last.
 */
export function* packRecords(
  records: Iterable<RunRecord>,
  textsOf: TokenTextsOf,
): Generator<Block> {
  const columns = indexColumns();
  const shared = sharedTexts();
  const pieces = piecesInUse();
  let chunk: PackedView[] = [];
  let chunks = 0;
  for (const record of records) {
    const view = trajectoryView(record, textsOf(record.arm));
    columns.add(view);
    chunk.push(packView(view, shared, pieces));
    if (chunk.length === chunkSize) {
      yield { name: `chunk-${chunks++}`, packed: pack(chunk) };
      chunk = [];
    }
    yield* shared.full();
  }
  if (chunk.length > 0) yield { name: `chunk-${chunks}`, packed: pack(chunk) };
  yield* shared.rest();
  yield { name: 'pieces', packed: pack(pieces.all()) };
  yield { name: 'index', packed: pack(columns.index()) };
}
