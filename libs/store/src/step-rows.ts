import type { Step } from '@coa/core';
import type { steps } from './schema.ts';

type StepRow = Omit<typeof steps.$inferSelect, 'rolloutId'>;

const noStep = { text: null, tool: null, input: null, passageIds: null, failure: null };

/** A step as a row without its rollout and position. */
export const stepRow = (step: Step) => {
  switch (step.kind) {
    case 'think':
    case 'answer':
      return { ...noStep, kind: step.kind, text: step.text };
    case 'action':
      return { ...noStep, kind: step.kind, tool: step.tool, input: step.input };
    case 'observation': {
      const passageIds = JSON.stringify(step.passageIds);
      return { ...noStep, kind: step.kind, text: step.text, passageIds, failure: step.failure };
    }
  }
};

/** The step that `stepRow` was given. */
export const stepOf = (row: StepRow): Step => {
  switch (row.kind) {
    case 'think':
    case 'answer':
      return { kind: row.kind, text: row.text! };
    case 'action':
      return { kind: row.kind, tool: row.tool!, input: row.input! };
    case 'observation': {
      const passageIds = JSON.parse(row.passageIds!) as string[];
      return { kind: row.kind, text: row.text!, passageIds, failure: row.failure };
    }
  }
};
