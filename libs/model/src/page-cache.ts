/** A full page of the KV cache: the tokens of its positions, after those of its ancestors. Shared by all that begin so. */
type Node = {
  readonly page: number;
  readonly parent: Node | null;
  readonly children: Map<string, Node>;
  readonly key: string;
  /** Sequences that use it now. */
  users: number;
};

/** A sequence's hold on the cache: shared full pages first, then pages of its own. */
export type Hold = {
  readonly shared: Node[];
  readonly own: number[];
  /** Pages that it may still take. */
  promised: number;
};

export type PageCache = {
  readonly pages: number;
  readonly pageSize: number;
  readonly root: Map<string, Node>;
  readonly free: number[];
  /** Nodes without users, least recently used first; a child always stands before its parent. */
  readonly idle: Set<Node>;
  /** Pages that the sequences at work may still take. */
  promised: number;
};

export const openPageCache = (pages: number, pageSize: number): PageCache => ({
  pages,
  pageSize,
  root: new Map(),
  free: Array.from({ length: pages }, (_, i) => pages - 1 - i),
  idle: new Set(),
  promised: 0,
});

const evict = (cache: PageCache): void => {
  const [node] = cache.idle;
  if (!node) throw new Error(`all ${cache.pages} pages of the KV cache are in use`);
  cache.idle.delete(node);
  (node.parent?.children ?? cache.root).delete(node.key);
  cache.free.push(node.page);
};

const use = (cache: PageCache, node: Node): void => {
  if (node.users++ === 0) cache.idle.delete(node);
};

/** The pages of `ids` that are known, leaving at least one token to compute. */
const knownPages = ({ root, pageSize }: PageCache, ids: readonly number[]): Node[] => {
  const found: Node[] = [];
  let level = root;
  for (let at = 0; at + pageSize < ids.length; at += pageSize) {
    const node = level.get(ids.slice(at, at + pageSize).join());
    if (!node) break;
    found.push(node);
    level = node.children;
  }
  return found;
};

/**
 * Holds pages for a sequence that begins with `ids` and may grow to `most` tokens: those that are known, and the promise
 * of the others. null where there is no room now.
 */
export const holdPages = (cache: PageCache, ids: readonly number[], most: number): Hold | null => {
  const shared = knownPages(cache, ids);
  const needed = Math.ceil(most / cache.pageSize) - shared.length;
  const evictable = cache.idle.size - shared.filter(({ users }) => users === 0).length;
  if (needed > cache.free.length + evictable - cache.promised) return null;
  for (const node of shared) use(cache, node);
  cache.promised += needed;
  return { shared, own: [], promised: needed };
};

/** Takes the next page of a sequence. */
export const extendHold = (cache: PageCache, hold: Hold): void => {
  if (hold.promised === 0)
    throw new Error('a sequence grew past the length that it was given room for');
  if (cache.free.length === 0) evict(cache);
  hold.own.push(cache.free.pop()!);
  hold.promised -= 1;
  cache.promised -= 1;
};

/** The first of the sequence's own pages is full of these tokens: from now on others may share it. */
export const sharePage = (cache: PageCache, hold: Hold, ids: readonly number[]): void => {
  const parent = hold.shared.at(-1) ?? null;
  const level = parent?.children ?? cache.root;
  const key = ids.join();
  const page = hold.own.shift()!;
  const known = level.get(key);
  // another sequence computed the same: equal bits, so one copy is enough
  if (known) cache.free.push(page);
  const node = known ?? { page, parent, children: new Map(), key, users: 0 };
  level.set(key, node);
  use(cache, node);
  hold.shared.push(node);
};

export const releaseHold = (cache: PageCache, hold: Hold): void => {
  for (const node of [...hold.shared].reverse()) if (--node.users === 0) cache.idle.add(node);
  cache.free.push(...hold.own);
  cache.promised -= hold.promised;
  hold.promised = 0;
  hold.shared.length = 0;
  hold.own.length = 0;
};

/** Forgets what nobody uses: the weights have changed. */
export const clearPages = (cache: PageCache): void => {
  while (cache.idle.size > 0) evict(cache);
};

/** Page numbers in order of position. */
export const pageTable = ({ shared, own }: Hold): number[] => [
  ...shared.map(({ page }) => page),
  ...own,
];
