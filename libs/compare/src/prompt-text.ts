import type { Prompt } from '@coa/core';
import { type LineDifference, lineDifferences } from './config-differences.ts';

/** The parts of a prompt that a stored arm says; what is not text there is left out, stores come from anywhere. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const block = (name: string, text: unknown): string[] =>
  typeof text === 'string' && text !== '' ? [`[${name}]`, text] : [];

const exampleBlocks = (examples: unknown): string[] =>
  (Array.isArray(examples) ? examples : []).flatMap((example: unknown) =>
    isObject(example)
      ? [...block('user', example.user), ...block('assistant', example.assistant)]
      : [],
  );

/** A prompt as one text, each turn under its name. */
export const promptText = (prompt: Partial<Record<keyof Prompt, unknown>>): string =>
  [
    ...block('system', prompt.system),
    ...exampleBlocks(prompt.examples),
    ...block('user', prompt.user),
    ...block('assistant, begun', prompt.assistantPrefix),
  ].join('\n');

const stored = (arm: unknown): string | null =>
  isObject(arm) && isObject(arm.prompt) ? promptText(arm.prompt) : null;

/** The prompts of two arms as their manifests keep them, line by line; null where one keeps none. */
export const promptDifferences = (a: unknown, b: unknown): LineDifference[] | null => {
  const [ours, theirs] = [stored(a), stored(b)];
  return ours === null || theirs === null ? null : lineDifferences(ours, theirs);
};
