import type { Rng } from './types.ts';

/** 32-bit FNV-1a over UTF-16 code units, finished with murmur3's avalanche. */
export const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/**
 * A seed (unsigned 32-bit) for one place in a run, e.g. `deriveSeed(rootSeed, 'hotpotqa', id, repeat, turn)`:
 * it depends on the place alone, so order and concurrency change nothing.
 */
export const deriveSeed = (...place: readonly (string | number)[]): number =>
  hash32(JSON.stringify(place));

/** mulberry32: a small seeded generator with a period of 2^32; for sampling, never for secrets. */
export const seededRng = (seed: number): Rng => {
  // signed, so that it stays a small integer, which costs no allocation a call; shifts and products see the same bits
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

/** Fisher-Yates on a copy. */
export const shuffled = <T>(items: readonly T[], rng: Rng): T[] => {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(rng() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
};
