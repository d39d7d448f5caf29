import type { Manifest } from '@coa/core';
import { type PrintedColumn, printedColumns } from './printed-table1.ts';

/** An arm of ours -> the printed row that was trained or prompted in the same way. */
const byName: Readonly<Record<string, string>> = {
  'Closed book': 'R1-Distill-Qwen-7B',
  'Model only': 'R1-Distill-Qwen-7B',
  ReAct: 'R1-Distill-Qwen-7B (ReAct)',
  'SFT-1': 'SFT-stage1',
  'SFT-2': 'SFT-stage2',
  'SFT-1&2': 'SFT-stage1&2',
  'SFT-1&2&3': 'SFT-stage1&2&3',
  'RL-2': 'RL-stage2',
  'SFT-1&2&3 + RL-1': 'SFT-stage1&2&3+RL-stage1',
  'SFT-1&2&3 + RL-1&2': 'SFT-stage1&2&3+RL-stage1&2',
  'SFT-1&2 + RL-2': 'SFT-stage1&2+RL-stage2',
};

/** Stages of an arm's recipe, by kind; none where it is not trained. A stored manifest may hold anything. */
const stageKinds = (setting: unknown): string[] => {
  const { recipe } = (setting ?? {}) as { readonly recipe?: { readonly stages?: unknown } };
  const stages = Array.isArray(recipe?.stages) ? recipe.stages : [];
  return stages.map((stage) => String((stage as { readonly kind?: unknown } | null)?.kind));
};

/** The whole recipe under one name: all three stages of fine-tuning, then both of reinforcement learning. */
const whole = 'contrastive sft sft grpo';

/** The printed row that an arm corresponds to; null where none does. `AutoCoA` does where it is trained by the whole recipe. */
export const printedMethodOf = (arm: string, arms: Manifest['arms']): string | null => {
  if (Object.hasOwn(byName, arm)) return byName[arm]!;
  const trained = stageKinds(arms[arm]).join(' ').replace('grpo grpo', 'grpo');
  return arm === 'AutoCoA' && trained === whole ? 'SFT-stage1&2&3+RL-stage1&2' : null;
};

export type Counterpart = {
  readonly column: PrintedColumn;
  /** false: questions of the same kind over Atlas, not the set itself. */
  readonly published: boolean;
};

/** Atlas's sets -> the columns whose questions they imitate. */
const analogues: Readonly<Record<string, PrintedColumn>> = {
  'atlas-nq': 'NQ',
  'atlas-triviaqa': 'TriviaQA',
  'atlas-hotpotqa': 'HotpotQA',
  'atlas-2wiki': '2WikiMultihopQA',
  'atlas-musique': 'MuSiQue',
  'atlas-bamboogle': 'Bamboogle',
};

/** The printed column of a question set; null where the paper has no such set. */
export const printedColumnOf = (dataset: string): Counterpart | null => {
  if (Object.hasOwn(printedColumns, dataset)) {
    const column = printedColumns[dataset as keyof typeof printedColumns];
    return { column, published: true };
  }
  return Object.hasOwn(analogues, dataset)
    ? { column: analogues[dataset]!, published: false }
    : null;
};
