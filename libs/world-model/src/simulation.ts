import type { Action, CallInfo, Generation, Observation } from '@coa/core';

/** What every simulator is told. */
export type SimulationLimits = {
  /** Tools that the real environment has; calls of others are refused. */
  readonly tools: readonly string[];
  /** Most tokens of one observation, tags not counted. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** Calls answered in one trajectory; further ones get `limitNotice`. */
  readonly callLimit: number;
  /** The real environment's words for a call past the limit, and for one that failed. */
  readonly limitNotice: string;
  readonly failureNotice: string;
};

/** Observations hold neither control characters nor halves of surrogate pairs, whoever wrote them. */
const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');

const refused = (text: string, failure: 'limit' | 'unknown-tool'): Observation => ({
  text,
  passageIds: [],
  failure,
});

/** Why a call is answered by a notice, as the real environment would; null where the simulator answers. */
export const refusalOf = (
  { tool }: Action,
  { index }: CallInfo,
  { tools, callLimit, limitNotice }: SimulationLimits,
): Observation | null => {
  if (!tools.includes(tool)) {
    const shown = plain(tool.slice(0, 40));
    return refused(`There is no tool '${shown}'. Tools: ${tools.join(', ')}.`, 'unknown-tool');
  }
  return index >= callLimit ? refused(limitNotice, 'limit') : null;
};

/**
 * A generation as an observation: what stands before the closing mark. One that never closed is kept and ends in "…"; an
 * empty one is a failed call.
 */
export const observationOf = (
  { text, finish }: Pick<Generation, 'text' | 'finish'>,
  closing: string,
  { failureNotice }: SimulationLimits,
): Observation => {
  const at = closing === '' ? -1 : text.indexOf(closing);
  const written = plain(at < 0 ? text : text.slice(0, at)).trim();
  if (written === '') return { text: failureNotice, passageIds: [], failure: 'failed' };
  const whole = at >= 0 || finish === 'end';
  return { text: whole ? written : `${written}…`, passageIds: [], failure: null };
};
