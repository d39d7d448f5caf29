import type { Question, Step, StopReason } from '@coa/core';
import { element, isolated } from './dom.ts';
import { observationBody } from './passages.ts';
import type { TokenKind } from './payload.ts';

/** A sign for each part; the word stands beside it. */
export const partIcons: Readonly<Record<TokenKind, string>> = {
  prompt: '≡',
  think: '◦',
  action: '→',
  observation: '▤',
  answer: '■',
};

export const partLabels: Readonly<Record<TokenKind, string>> = {
  prompt: 'Prompt',
  think: 'Think',
  action: 'Action',
  observation: 'Observation',
  answer: 'Answer',
};

const failures = {
  limit: 'the call limit was reached',
  failed: 'the tool failed',
  'unknown-tool': 'no such tool',
} as const;

export const stopTexts: Readonly<Record<StopReason, string>> = {
  answered: 'answered by itself',
  horizon: 'stopped: no action steps left',
  context: 'stopped: context full',
  length: 'stopped: a turn ended without action or answer',
  malformed: 'stopped: the text broke the protocol',
};

const body = (question: Question, step: Step): HTMLElement[] => {
  switch (step.kind) {
    case 'think':
      return [element('p', { class: 'text' }, step.text)];
    case 'answer':
      return [element('p', { class: 'text' }, step.text || '(empty)')];
    case 'action':
      return [element('p', { class: 'text' }, isolated(step.tool), ': ', isolated(step.input))];
    case 'observation':
      return observationBody(question, step);
  }
};

const remark = (step: Step, forced: boolean): string => {
  if (step.kind === 'answer' && forced) return 'forced: the loop made the model answer here';
  if (step.kind === 'observation' && step.failure) return failures[step.failure];
  return '';
};

/** One step, told apart by word, sign and border. */
export const stepItem = (question: Question, step: Step, forced: boolean): HTMLElement => {
  const note = remark(step, forced);
  return element(
    'li',
    { class: 'step', 'data-kind': step.kind },
    element(
      'h4',
      {},
      element('span', { class: 'sign', 'aria-hidden': 'true' }, partIcons[step.kind]),
      partLabels[step.kind],
      note !== '' && element('span', { class: 'remark' }, ` ${note}`),
    ),
    ...body(question, step),
  );
};
