export type PrintedLine = {
  readonly name: string;
  /** Per cent of its right answers found with so many action steps, 0 to 8. */
  readonly shareOfRight: readonly number[];
  /** Per cent right with so many. */
  readonly success: readonly number[];
};

/** Figure 3 of arXiv 2503.06580, read off the plot by eye, give or take a point. */
export const printedFigure3: readonly PrintedLine[] = [
  {
    name: 'Agentic workflow',
    shareOfRight: [35, 49, 9, 3, 2, 1, 0, 0, 0],
    success: [9, 23, 22, 20, 18, 11, 5, 0, 0],
  },
  {
    name: 'Agent model: SFT',
    shareOfRight: [5, 37, 32, 9, 9, 3, 2, 1, 1],
    success: [15, 38, 38, 23, 27, 16, 16, 15.5, 11.5],
  },
  {
    name: 'Agent model: SFT+RL',
    shareOfRight: [3, 42, 31, 10, 10, 3, 2, 1, 0],
    success: [14.5, 41, 43, 28.5, 36.5, 18, 14.5, 8.5, 4],
  },
];
