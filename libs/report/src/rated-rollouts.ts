import { deriveSeed, type RunRecord, type Step, seededRng } from '@coa/core';
import { type ClaimRow, type Interval, meanWithInterval } from '@coa/metrics';
import type { KnowledgeRow, StepRow } from './summary.ts';

/** What tables over rollouts of all sets need of each: a few numbers, never a trajectory. */
export type RatedRollout = ClaimRow & {
  readonly hops: number | null;
  /** 1 = a judge found it right; null: not judged. */
  readonly judged: number | null;
  /** null where the question has no reasoning graph. */
  readonly hopRecall: number | null;
  readonly hopSuccess: number | null;
};

export const resamples = 2000;

export const actionsOf = (steps: readonly Step[]): number =>
  steps.filter(({ kind }) => kind === 'action').length;

/** null for an error, and where there is no exact match. */
export const ratedRollout = ({ arm, repeat, outcome, metrics }: RunRecord): RatedRollout | null => {
  const score = metrics.exactMatch ?? null;
  if (outcome.kind === 'error' || score === null) return null;
  const { question, steps } = outcome.rollout.trajectory;
  const { dataset, id, known = null, hops } = question;
  return {
    ...{ arm, seed: repeat, dataset, question: id, known, hops, score },
    actions: actionsOf(steps),
    judged: metrics.judged ?? null,
    hopRecall: metrics.hopRecall ?? null,
    hopSuccess: metrics.hopSuccess ?? null,
  };
};

/** Over questions: attempts at one question are no independent draws. */
const intervalOf = (
  rollouts: readonly RatedRollout[],
  value: (rollout: RatedRollout) => number | null,
  seed: number,
): Interval | null => {
  const values = rollouts.flatMap((rollout) => {
    const one = value(rollout);
    return one === null ? [] : [{ cluster: `${rollout.dataset} ${rollout.question}`, value: one }];
  });
  if (values.length === 0) return null;
  return meanWithInterval(values, { level: 0.95, resamples, rng: seededRng(seed) });
};

const byArm = (rollouts: readonly RatedRollout[]): Map<string, RatedRollout[]> => {
  const arms = new Map<string, RatedRollout[]>();
  for (const rollout of rollouts) {
    const own = arms.get(rollout.arm);
    if (own) own.push(rollout);
    else arms.set(rollout.arm, [rollout]);
  }
  return arms;
};

const meanOf = (
  rollouts: readonly RatedRollout[],
  value: (rollout: RatedRollout) => number | null,
): number | null => {
  const values = rollouts.map(value).filter((one) => one !== null);
  return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
};

/** Which questions a row of `knowledgeRows` is over. */
const parts = {
  all: () => true,
  threeHop: ({ hops }: RatedRollout) => hops === 3,
  oneHop: ({ hops }: RatedRollout) => hops === 1,
} as const;

const conductOf = (own: readonly RatedRollout[]) => ({
  searches: meanOf(own, ({ actions }) => actions) ?? 0,
  hopRecall: meanOf(own, (one) => one.hopRecall),
  hopSuccess: meanOf(own, (one) => one.hopSuccess),
});

/** Arm by arm: all questions, those of three hops and those of one, each by whether their entities are known. */
export const knowledgeRows = (
  rollouts: readonly RatedRollout[],
  arms: readonly string[],
  rootSeed: number,
): KnowledgeRow[] => {
  const all = byArm(rollouts);
  return arms.flatMap((arm) =>
    (['all', 'threeHop', 'oneHop'] as const).flatMap((part) =>
      [true, false].flatMap((known) => {
        const own = (all.get(arm) ?? []).filter((one) => one.known === known && parts[part](one));
        const label = part === 'all' ? [] : [part];
        const seed = deriveSeed(rootSeed, 'knowledge', arm, String(known), ...label);
        const exactMatch = intervalOf(own, ({ score }) => score, seed);
        if (exactMatch === null) return [];
        const judged = intervalOf(own, (one) => one.judged, seed);
        const row = { arm, known, part, n: own.length, exactMatch, judged };
        return [{ ...row, ...conductOf(own) }];
      }),
    ),
  );
};

/** Arm by arm, of all sets: how often it was right with so many action steps. */
export const stepRows = (
  rollouts: readonly RatedRollout[],
  arms: readonly string[],
  rootSeed: number,
): StepRow[] => {
  const all = byArm(rollouts);
  return arms.flatMap((arm) => {
    const own = all.get(arm) ?? [];
    const right = own.filter(({ score }) => score === 1).length;
    const counts = [...new Set(own.map(({ actions }) => actions))].sort((a, b) => a - b);
    return counts.map((actions) => {
      const some = own.filter((one) => one.actions === actions);
      const seed = deriveSeed(rootSeed, 'steps', arm, String(actions));
      const found = some.filter(({ score }) => score === 1).length;
      return {
        ...{ arm, actions, n: some.length, share: some.length / own.length },
        shareOfRight: right === 0 ? null : found / right,
        exactMatch: intervalOf(some, ({ score }) => score, seed)!,
      };
    });
  });
};
