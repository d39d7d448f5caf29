/** One sequence and what of it is scored. */
export type ScoredSequence = {
  readonly ids: Int32Array;
  /** 1 = the log-probability of this token, given those before it, is wanted. The first token has none. */
  readonly wanted: Uint8Array;
};

/** Sequences laid side by side in the rows of a [batch, T] block. */
export type PackedBlock = {
  readonly batch: number;
  readonly length: number;
  /** [batch * T] each; padding is id 0 at position 0 that sees itself. */
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  readonly first: Int32Array;
  /** Rows of the block whose next token is wanted, by sequence and then by token. */
  readonly rows: Int32Array;
  /** The wanted tokens, one for each of `rows`. */
  readonly targets: Int32Array;
  /** Where sequence s begins in `rows`; one more entry closes the last. */
  readonly starts: Int32Array;
};

type Place = { readonly row: number; readonly at: number };

/** First-fit decreasing: which row each sequence goes to, and where in it. */
const placesOf = (
  lengths: readonly number[],
  length: number,
): { readonly places: readonly Place[]; readonly batch: number } => {
  const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const used: number[] = [];
  const places: Place[] = [];
  for (const sequence of order) {
    const needed = lengths[sequence]!;
    const found = used.findIndex((taken) => taken + needed <= length);
    const row = found < 0 ? used.push(0) - 1 : found;
    places[sequence] = { row, at: used[row]! };
    used[row] = used[row]! + needed;
  }
  return { places, batch: used.length };
};

const assertSequences = (sequences: readonly ScoredSequence[], length: number): void => {
  if (sequences.length === 0) throw new RangeError('there are no sequences to pack');
  for (const [i, { ids, wanted }] of sequences.entries()) {
    if (ids.length === 0) throw new RangeError(`sequence ${i} is empty`);
    if (ids.length > length)
      throw new RangeError(`sequence ${i} has ${ids.length} tokens; rows hold ${length}`);
    if (wanted.length !== ids.length) {
      throw new RangeError(
        `sequence ${i} has ${ids.length} tokens and ${wanted.length} entries of wanted`,
      );
    }
  }
};

/**
 * Packs sequences into as few rows as first-fit decreasing needs; none sees another.
 * @param length T; default: the longest sequence.
 */
export const packSequences = (
  sequences: readonly ScoredSequence[],
  length: number = Math.max(...sequences.map(({ ids }) => ids.length)),
): PackedBlock => {
  assertSequences(sequences, length);
  const { places, batch } = placesOf(
    sequences.map(({ ids }) => ids.length),
    length,
  );
  const ids = new Int32Array(batch * length);
  const positions = new Int32Array(batch * length);
  const first = Int32Array.from(ids, (_, i) => i % length);
  const rows: number[] = [];
  const targets: number[] = [];
  const starts = [0];
  for (const [s, { ids: own, wanted }] of sequences.entries()) {
    const { row, at } = places[s]!;
    const base = row * length + at;
    ids.set(own, base);
    for (let t = 0; t < own.length; t++) {
      positions[base + t] = t;
      first[base + t] = at;
      if (t > 0 && wanted[t] === 1) {
        rows.push(base + t - 1);
        targets.push(own[t]!);
      }
    }
    starts.push(rows.length);
  }
  const asInts = (values: number[]) => Int32Array.from(values);
  return {
    batch,
    length,
    ids,
    positions,
    first,
    rows: asInts(rows),
    targets: asInts(targets),
    starts: asInts(starts),
  };
};
