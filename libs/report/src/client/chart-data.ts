/** Exact match of one set and arm, as shares. */
export type ChartPoint = {
  readonly set: number;
  readonly arm: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
};

/** Points with their intervals: sets down, arms by shape. */
export type ChartData = {
  readonly sets: readonly string[];
  readonly arms: readonly string[];
  readonly points: readonly ChartPoint[];
};

/** Lines over a common axis. */
export type LineChart = {
  /** kebab-case; also the file's name. */
  readonly id: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
  /** Ends of the axes; absent: as the points have it. */
  readonly most?: { readonly x: number; readonly y: number };
  /** The table that holds its numbers. */
  readonly table: string;
};
