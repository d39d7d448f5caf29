import { pairHeap } from './pair-heap.ts';

/** A distinct piece of the training text: its tokens as they are merged so far, and how often it occurs. */
export type Piece = { symbols: number[]; readonly count: number };

/** Larger than any token id here, and its square is still exact in a double. */
const radix = 2 ** 22;
const pairKey = (left: number, right: number): number => left * radix + right;

/** Adds `weight` to the count of each pair of neighbours. */
const countPairs = (
  symbols: readonly number[],
  weight: number,
  counts: Map<number, number>,
): void => {
  for (let i = 0; i + 1 < symbols.length; i++) {
    const key = pairKey(symbols[i]!, symbols[i + 1]!);
    counts.set(key, (counts.get(key) ?? 0) + weight);
  }
};

/** How often each pair occurs, in which pieces, and which pair is the most frequent. */
export const pairCounts = (pieces: readonly Piece[]) => {
  const counts = new Map<number, number>();
  const piecesWith = new Map<number, number[]>();
  const heap = pairHeap();
  const add = (key: number, change: number): void => {
    const count = (counts.get(key) ?? 0) + change;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
    if (change > 0) heap.push({ left: Math.floor(key / radix), right: key % radix, count });
  };
  /** Notes that a piece changed from `was` to what it is now; the sums are collected in `changes`. */
  const note = (index: number, was: readonly number[], changes: Map<number, number>): void => {
    const { symbols, count } = pieces[index]!;
    const here = new Map<number, number>();
    countPairs(was, -count, here);
    countPairs(symbols, count, here);
    for (const [key, change] of here) {
      changes.set(key, (changes.get(key) ?? 0) + change);
      if (change <= 0) continue;
      const holders = piecesWith.get(key);
      if (holders) holders.push(index);
      else piecesWith.set(key, [index]);
    }
  };
  const apply = (changes: ReadonlyMap<number, number>): void => {
    for (const [key, change] of changes) add(key, change);
  };
  /** The most frequent pair; counts in the heap may be out of date, then the pair goes back with today's. */
  const next = () => {
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const count = counts.get(pairKey(top.left, top.right)) ?? 0;
      if (count === top.count) return top;
      if (count > 0 && count < top.count) heap.push({ ...top, count });
    }
    return undefined;
  };
  const takePieces = (left: number, right: number): readonly number[] => {
    const key = pairKey(left, right);
    const holders = piecesWith.get(key) ?? [];
    piecesWith.delete(key);
    return holders;
  };
  const all = new Map<number, number>();
  for (const index of pieces.keys()) note(index, [], all);
  apply(all);
  return { note, apply, next, takePieces };
};
