import { describe, expect, test } from 'vitest';
import { type Block, type Heap, openHeap, type Slab } from './heap.ts';
import { openRandom } from './numbers.test-data.ts';

const mebibyte = 2 ** 20;

/** Memory that is only counted; slabs begin at odd multiples of 64 and do not adjoin. */
const openSystem = (limit: number): { heap: Heap; slabs: Slab[] } => {
  const slabs: Slab[] = [];
  const grow = (bytes: number): Slab => {
    const last = slabs.at(-1);
    const address = last ? last.address + last.bytes + 4096 : 64 * 1023;
    const slab = { buffer: () => new ArrayBuffer(0), start: 0, address, bytes };
    slabs.push(slab);
    return slab;
  };
  return { heap: openHeap({ grow, limit }), slabs };
};

const overlaps = (a: Block, b: Block): boolean =>
  a.address < b.address + b.bytes && b.address < a.address + a.bytes;

/** Random sizes, mostly small, some of many megabytes. */
const randomSize = (random: () => number): number => Math.floor(2 ** (random() * 24));

/** 4,000 random steps; `each` sees the blocks in use after a step. */
const exercise = (
  heap: Heap,
  seed: number,
  each: (live: readonly Block[], asked: number) => void,
) => {
  const random = openRandom(seed);
  const live: Block[] = [];
  for (let step = 0; step < 4000; step++) {
    if (live.length > 0 && random() < live.length / 100) {
      const [block] = live.splice(Math.floor(random() * live.length), 1);
      heap.free(block!);
      continue;
    }
    const asked = randomSize(random);
    live.push(heap.allocate(asked));
    each(live, asked);
  }
  return live;
};

describe('random use', () => {
  test('blocks are large enough, aligned, inside their slab and disjoint', () => {
    const { heap } = openSystem(8 * 1024 * mebibyte);
    exercise(heap, 1, (live, asked) => {
      const block = live.at(-1)!;
      const { slab, offset, bytes, address } = block;
      expect(bytes).toBeGreaterThanOrEqual(asked);
      expect(bytes - asked).toBeLessThan(128);
      expect(address % 64).toBe(0);
      expect(address).toBe(slab.address + offset);
      expect(offset >= 0 && offset + bytes <= slab.bytes).toBe(true);
      expect(live.filter((other) => overlaps(other, block))).toEqual([block]);
    });
  });

  test('usage counts what is handed out', () => {
    const { heap, slabs } = openSystem(8 * 1024 * mebibyte);
    let peak = 0;
    exercise(heap, 2, (live) => {
      const used = live.reduce((sum, { bytes }) => sum + bytes, 0);
      peak = Math.max(peak, used);
      const reserved = slabs.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(heap.usage()).toEqual({ used, peak, reserved });
    });
  });

  test.each([3, 4])('freed blocks merge: each slab is one gap again (seed %d)', (seed) => {
    const { heap, slabs } = openSystem(8 * 1024 * mebibyte);
    const random = openRandom(seed);
    const live = exercise(heap, seed, () => {});
    while (live.length > 0) heap.free(live.splice(Math.floor(random() * live.length), 1)[0]!);
    expect(heap.usage().used).toBe(0);
    const sizes = slabs.map(({ bytes }) => bytes).sort((a, b) => b - a);
    const whole = sizes.map((bytes) => heap.allocate(bytes));
    expect(new Set(whole.map(({ slab }) => slab)).size).toBe(sizes.length);
    expect(slabs.length).toBe(sizes.length);
  });
});

test('a freed block is used again at once', () => {
  const { heap } = openSystem(1024 * mebibyte);
  const blocks = [100, 5000, 100].map((bytes) => heap.allocate(bytes));
  heap.free(blocks[1]!);
  expect(heap.allocate(5000).address).toBe(blocks[1]!.address);
});

test('the tightest gap of its size is taken', () => {
  const { heap } = openSystem(1024 * mebibyte);
  const blocks = [1216, 64, 1152, 64].map((bytes) => heap.allocate(bytes));
  heap.free(blocks[0]!);
  heap.free(blocks[2]!);
  expect(heap.allocate(1100).address).toBe(blocks[2]!.address);
});

test('memory comes in steps of 64 MiB', () => {
  const { heap, slabs } = openSystem(1024 * mebibyte);
  heap.allocate(1);
  heap.allocate(65 * mebibyte);
  expect(slabs.map(({ bytes }) => bytes)).toEqual([64 * mebibyte, 128 * mebibyte]);
});

test('the limit is named with the sizes, and what there is can still be had', () => {
  const { heap } = openSystem(192 * mebibyte);
  heap.allocate(60 * mebibyte);
  expect(() => heap.allocate(129 * mebibyte)).toThrow(
    /from 0\.06 GiB to 0\.25 GiB, past its limit of 0\.19 GiB/,
  );
  heap.allocate(128 * mebibyte);
  heap.allocate(4 * mebibyte);
  expect(heap.usage()).toEqual({
    used: 192 * mebibyte,
    peak: 192 * mebibyte,
    reserved: 192 * mebibyte,
  });
  expect(() => heap.allocate(1)).toThrow(RangeError);
});
