import type { PrintedScore } from './printed-table1.ts';

export type PrintedKnowledge = {
  readonly model: string;
  /** Questions of three hops, and the questions that they are made of; without a tool. */
  readonly unknown: { readonly main: PrintedScore; readonly sub: PrintedScore };
  readonly known: { readonly main: PrintedScore; readonly sub: PrintedScore };
};

/** Table 2 of arXiv 2503.06580 (appendix), in per cent: recent is unknown, popular is known; 192 questions and 576 sub-questions each. */
export const printedTable2: readonly PrintedKnowledge[] = [
  {
    model: 'R1-Distill-Qwen-7B',
    unknown: { main: [2.6, 5.2], sub: [1.7, 3.9] },
    known: { main: [5.2, 7.3], sub: [23.1, 26.7] },
  },
  {
    model: 'DeepSeek-R1',
    unknown: { main: [7.8, 9.8], sub: [7.9, 11.9] },
    known: { main: [61.5, 64.6], sub: [89.9, 94.4] },
  },
];
