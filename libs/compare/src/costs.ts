import type { StopReason } from '@coa/core';
import type { Attempt } from './attempts.ts';

/** What a side spent and how its attempts ended: errors and forced ends apart from wrong answers. */
export type Costs = {
  readonly attempts: number;
  readonly errors: number;
  /** Means over attempts that ended. */
  readonly actions: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly requests: number | null;
  readonly failedCalls: number | null;
  readonly seconds: number | null;
  readonly stops: Readonly<Record<StopReason, number>>;
  /** Error messages with what differs from one to the next left out, the commonest first. */
  readonly errorClasses: readonly { readonly message: string; readonly count: number }[];
};

/** `request 17 failed after 3.2 s` and `request 18 failed after 2.9 s` are of one class. */
const classOf = (message: string): string =>
  message
    .replace(/"[^"]*"|'[^']*'/g, '…')
    .replace(/\d+(\.\d+)?/g, '#')
    .slice(0, 200);

const classesOf = (messages: readonly string[]): Costs['errorClasses'] => {
  const counts = new Map<string, number>();
  for (const message of messages) {
    const name = classOf(message);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([message, count]) => ({ message, count }))
    .sort((x, y) => y.count - x.count || (x.message < y.message ? -1 : 1));
};

export const costsOf = (attempts: readonly Attempt[]): Costs => {
  const outcomes = attempts.map(({ outcome }) => outcome);
  const ended = outcomes.filter((outcome) => outcome.kind === 'rollout');
  const messages = outcomes.flatMap((one) => (one.kind === 'error' ? [one.message] : []));
  const stops = { answered: 0, horizon: 0, context: 0, length: 0, malformed: 0 };
  for (const { stop } of ended) stops[stop] += 1;
  const mean = (field: Exclude<keyof (typeof ended)[number], 'kind' | 'prediction' | 'stop'>) =>
    ended.length === 0 ? null : ended.reduce((sum, one) => sum + one[field], 0) / ended.length;
  return {
    attempts: attempts.length,
    errors: messages.length,
    actions: mean('actions'),
    promptTokens: mean('promptTokens'),
    completionTokens: mean('completionTokens'),
    requests: mean('requests'),
    failedCalls: mean('failedCalls'),
    seconds: mean('seconds'),
    stops,
    errorClasses: classesOf(messages),
  };
};
