import type { Step, TokenSequence } from '@coa/core';
import type { TokenKind } from './client/payload.ts';

/** A stretch of tokens, `to` excluded. */
type Stretch = { readonly from: number; readonly to: number; readonly observed: boolean };

/** The tokens after the prompt, cut where observations begin and end. */
const stretches = ({ observationMask }: TokenSequence, start: number): Stretch[] => {
  const all: Stretch[] = [];
  for (let from = start; from < observationMask.length; ) {
    let to = from + 1;
    while (to < observationMask.length && observationMask[to] === observationMask[from]) to++;
    all.push({ from, to, observed: observationMask[from] === 1 });
    from = to;
  }
  return all;
};

/** Steps cut at observations: what the policy wrote in each turn. */
const turnsOf = (steps: readonly Step[]): Step[][] => {
  const turns: Step[][] = [[]];
  for (const step of steps) {
    if (step.kind === 'observation') turns.push([]);
    else turns.at(-1)!.push(step);
  }
  return turns;
};

const textOf = (step: Step): string => (step.kind === 'action' ? step.input : step.text);

/** Where each step's part of a turn ends: the next one's begins there, tags and labels before it included. */
const ends = (turn: readonly Step[], text: string): number[] | null => {
  const found: number[] = [];
  let at = 0;
  for (const step of turn) {
    const start = text.indexOf(textOf(step), at);
    if (start < 0) return null;
    at = start + textOf(step).length;
    found.push(at);
  }
  if (found.length > 0) found[found.length - 1] = text.length;
  return found;
};

const turnKinds = (turn: readonly Step[], texts: readonly string[]): TokenKind[] | null => {
  const bounds = ends(turn, texts.join(''));
  if (bounds === null) return null;
  let at = 0;
  return texts.map((text) => {
    const step = turn[bounds.findIndex((end) => at < end)] ?? turn.at(-1);
    at += text.length;
    return step?.kind ?? 'think';
  });
};

/**
 * What each token is part of: observations by their mask, the rest by where each step's text stands among the tokens of its
 * turn. null where a step's text is not there: these are not the texts of these tokens.
 */
export const tokenKindsOf = (
  tokens: TokenSequence,
  texts: readonly string[],
  steps: readonly Step[],
): TokenKind[] | null => {
  const given = tokens.promptMask.indexOf(0);
  const start = given < 0 ? tokens.promptMask.length : given;
  const kinds = Array.from<TokenKind>({ length: start }).fill('prompt');
  const turns = turnsOf(steps);
  for (const { from, to, observed } of stretches(tokens, start)) {
    const length = to - from;
    const part = observed
      ? Array.from<TokenKind>({ length }).fill('observation')
      : turnKinds(turns.shift() ?? [], texts.slice(from, to));
    if (part === null) return null;
    kinds.push(...part);
  }
  return turns.every((turn) => turn.length === 0) ? kinds : null;
};
