/** A pair of tokens that may be merged; `count` = how often it stood side by side when it was pushed. */
export type CountedPair = { readonly left: number; readonly right: number; readonly count: number };

/** The more frequent first; ties go to the smaller ids, as in Hugging Face's trainer. */
const before = (a: CountedPair, b: CountedPair): boolean => {
  if (a.count !== b.count) return a.count > b.count;
  return a.left === b.left ? a.right < b.right : a.left < b.left;
};

/** Moves the last entry up to its place. */
const siftUp = (heap: CountedPair[]): void => {
  let at = heap.length - 1;
  const moving = heap[at]!;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(moving, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = moving;
};

/** Moves the first entry down to its place. */
const siftDown = (heap: CountedPair[]): void => {
  let at = 0;
  const moving = heap[0]!;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, moving)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = moving;
};

/** A priority queue of pairs, the most frequent first. */
export const pairHeap = () => {
  const heap: CountedPair[] = [];
  return {
    push: (pair: CountedPair): void => {
      heap.push(pair);
      siftUp(heap);
    },
    pop: (): CountedPair | undefined => {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return top;
      heap[0] = last;
      siftDown(heap);
      return top;
    },
  };
};
