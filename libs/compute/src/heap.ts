/** Memory that the kernels can reach. A block's `address` is what a kernel is given; JavaScript sees it through `view`. */
export type Block = {
  readonly slab: Slab;
  /** Bytes from the start of the slab. */
  readonly offset: number;
  readonly bytes: number;
  readonly address: number;
};

/** A contiguous stretch of kernel memory; `address` is that of its first byte. */
export type Slab = {
  readonly buffer: () => ArrayBufferLike;
  /** Where in the buffer it begins, in bytes. */
  readonly start: number;
  readonly address: number;
  readonly bytes: number;
};

export type HeapOptions = {
  /** More memory from the system, at least `bytes`; throws where there is none. */
  readonly grow: (bytes: number) => Slab;
  /** Most bytes that all slabs together may take. */
  readonly limit: number;
};

export type Heap = {
  allocate(bytes: number): Block;
  free(block: Block): void;
  /** Most bytes that may be taken from the system. */
  readonly limit: number;
  /** Bytes handed out now, the most there ever were, and bytes taken from the system. */
  usage(): { readonly used: number; readonly peak: number; readonly reserved: number };
};

const alignment = 64;
const slabStep = 64 * 1024 * 1024;

type Gap = { slab: Slab; offset: number; bytes: number };

/** Gaps of a heap by size class (quarter powers of two) and by their two ends, so that neighbours merge. */
const openGaps = () => {
  const classes = new Map<number, Set<Gap>>();
  const starts = new Map<Slab, Map<number, Gap>>();
  const ends = new Map<Slab, Map<number, Gap>>();
  const classOf = (bytes: number): number => Math.floor(Math.log2(bytes / alignment) * 4);
  const index = (map: Map<Slab, Map<number, Gap>>, slab: Slab): Map<number, Gap> => {
    const known = map.get(slab) ?? new Map<number, Gap>();
    map.set(slab, known);
    return known;
  };
  const remove = (gap: Gap): void => {
    classes.get(classOf(gap.bytes))?.delete(gap);
    index(starts, gap.slab).delete(gap.offset);
    index(ends, gap.slab).delete(gap.offset + gap.bytes);
  };
  const insert = (gap: Gap): void => {
    const size = classOf(gap.bytes);
    const set = classes.get(size) ?? new Set<Gap>();
    classes.set(size, set.add(gap));
    index(starts, gap.slab).set(gap.offset, gap);
    index(ends, gap.slab).set(gap.offset + gap.bytes, gap);
  };
  const add = ({ slab, offset, bytes }: Gap): void => {
    const before = index(ends, slab).get(offset);
    const after = index(starts, slab).get(offset + bytes);
    if (before) remove(before);
    if (after) remove(after);
    const start = before ? before.offset : offset;
    const end = after ? after.offset + after.bytes : offset + bytes;
    insert({ slab, offset: start, bytes: end - start });
  };
  /** The smallest class that surely fits, else a gap of the own class that happens to. */
  const find = (bytes: number): Gap | undefined => {
    const own = classOf(bytes);
    let best: Gap | undefined;
    for (const gap of classes.get(own) ?? []) {
      if (gap.bytes >= bytes && (!best || gap.bytes < best.bytes)) best = gap;
    }
    if (best) return best;
    const larger = [...classes.keys()].filter((size) => size > own).sort((a, b) => a - b);
    for (const size of larger) {
      for (const gap of classes.get(size) ?? []) return gap;
    }
    return undefined;
  };
  return { add, remove, find };
};

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** A best-fit allocator over slabs that only grow: freed blocks merge and are used again. */
export const openHeap = ({ grow, limit }: HeapOptions): Heap => {
  const gaps = openGaps();
  let used = 0;
  let peak = 0;
  let reserved = 0;
  const moreFor = (bytes: number): Gap => {
    const wanted = Math.ceil(bytes / slabStep) * slabStep;
    if (reserved + wanted > limit) {
      throw new RangeError(
        `the kernels' memory would grow from ${gigabytes(reserved)} to ${gigabytes(reserved + wanted)}, past its limit of ${gigabytes(limit)}; use a smaller batch or shorter sequences, or checkpoint activations`,
      );
    }
    const slab = grow(wanted);
    reserved += slab.bytes;
    gaps.add({ slab, offset: 0, bytes: slab.bytes });
    return gaps.find(bytes)!;
  };
  return {
    allocate: (asked) => {
      const bytes = Math.max(alignment, Math.ceil(asked / alignment) * alignment);
      const gap = gaps.find(bytes) ?? moreFor(bytes);
      gaps.remove(gap);
      if (gap.bytes > bytes) {
        gaps.add({ slab: gap.slab, offset: gap.offset + bytes, bytes: gap.bytes - bytes });
      }
      used += bytes;
      peak = Math.max(peak, used);
      return { slab: gap.slab, offset: gap.offset, bytes, address: gap.slab.address + gap.offset };
    },
    free: ({ slab, offset, bytes }) => {
      used -= bytes;
      gaps.add({ slab, offset, bytes });
    },
    limit,
    usage: () => ({ used, peak, reserved }),
  };
};
