/** Who got an attempt right; the order of `kind` in a `FlipList`. */
export const flipOrder = ['both', 'onlyA', 'onlyB', 'neither'] as const;

export type FlipName = (typeof flipOrder)[number];

/** The paired attempts of one comparison by columns; every text is untrusted. */
export type FlipList = {
  readonly a: string;
  readonly b: string;
  /** Whether an attempt is right or wrong by the metric; false of a count, where `kind` says nothing. */
  readonly judged: boolean;
  readonly sets: readonly string[];
  /** A place in `sets`. */
  readonly set: readonly number[];
  /** A place in `flipOrder`. */
  readonly kind: readonly number[];
  /** Numbers of the two trajectories in the page's source. */
  readonly left: readonly number[];
  readonly right: readonly number[];
};
