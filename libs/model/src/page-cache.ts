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
  /**
   * Holds for a sequence that begins with `ids` and may grow to `most` tokens: as many of its full pages as are known,
   * at least one token left to compute. null where there is no room now.
   */
  hold(ids: readonly number[], most: number): Hold | null;
  /** The next page of a sequence. */
  extend(hold: Hold): number;
  /** The first of the sequence's own pages is full of these tokens: from now on others may share it. */
  share(hold: Hold, ids: readonly number[]): void;
  release(hold: Hold): void;
  /** Forgets what nobody uses: the weights have changed. */
  clear(): void;
  /** Page numbers in order of position. */
  tableOf(hold: Hold): number[];
};

export const openPageCache = (pages: number, pageSize: number): PageCache => {
  const root = new Map<string, Node>();
  const free = Array.from({ length: pages }, (_, i) => pages - 1 - i);
  /** Nodes without users, least recently used first; a child always stands before its parent. */
  const idle = new Set<Node>();
  let promised = 0;

  const evict = (): void => {
    const [node] = idle;
    if (!node) throw new Error(`all ${pages} pages of the KV cache are in use`);
    idle.delete(node);
    (node.parent?.children ?? root).delete(node.key);
    free.push(node.page);
  };
  const use = (node: Node): void => {
    if (node.users++ === 0) idle.delete(node);
  };
  const drop = (node: Node): void => {
    if (--node.users === 0) idle.add(node);
  };
  const knownPages = (ids: readonly number[]): Node[] => {
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
  return {
    hold: (ids, most) => {
      const shared = knownPages(ids);
      const needed = Math.ceil(most / pageSize) - shared.length;
      const idleOfOthers = idle.size - shared.filter(({ users }) => users === 0).length;
      if (needed > free.length + idleOfOthers - promised) return null;
      for (const node of shared) use(node);
      promised += needed;
      return { shared, own: [], promised: needed };
    },
    extend: (hold) => {
      if (hold.promised === 0) throw new Error('a sequence grew past the length that it was given room for');
      if (free.length === 0) evict();
      const page = free.pop()!;
      hold.own.push(page);
      hold.promised -= 1;
      promised -= 1;
      return page;
    },
    share: (hold, ids) => {
      const parent = hold.shared.at(-1) ?? null;
      const level = parent?.children ?? root;
      const key = ids.join();
      const page = hold.own.shift()!;
      const known = level.get(key);
      if (known) free.push(page);
      const node = known ?? { page, parent, children: new Map(), key, users: 0 };
      level.set(key, node);
      use(node);
      hold.shared.push(node);
    },
    release: (hold) => {
      for (const node of [...hold.shared].reverse()) drop(node);
      free.push(...hold.own);
      promised -= hold.promised;
      hold.promised = 0;
      hold.shared.length = 0;
      hold.own.length = 0;
    },
    clear: () => {
      while (idle.size > 0) evict();
    },
    tableOf: ({ shared, own }) => [...shared.map(({ page }) => page), ...own],
  };
};
