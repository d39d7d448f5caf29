import type { Metric, Trajectory } from '@coa/core';
import { exactMatch, tokenF1 } from './answer-metrics.ts';
import { actionSteps, answered, toolFailures } from './conduct.ts';
import { allGoldFound, answerInObservations, goldRecall, searchGoldRecall } from './evidence.ts';
import { hopRecall, hopSuccess, needlessSearches } from './graph.ts';
import { releasedReward } from './released-reward.ts';

/** Every metric that needs no model. */
export const standardMetrics = {
  exactMatch,
  tokenF1,
  releasedReward,
  actionSteps,
  answered,
  toolFailures,
  answerInObservations,
  goldRecall,
  allGoldFound,
  searchGoldRecall,
  hopRecall,
  hopSuccess,
  needlessSearches,
} satisfies Record<string, Metric>;

/** Metrics that count: more is neither better nor worse, and none of them is a share. */
export const countMetrics: ReadonlySet<string> = new Set(
  [actionSteps, toolFailures, needlessSearches].map(({ id }) => id),
);

/** Metric id -> value; null = not defined for this trajectory. Throws where two metrics share an id. */
export const scoreTrajectory = (
  trajectory: Trajectory,
  metrics: Readonly<Record<string, Metric>>,
): Record<string, number | null> => {
  const values: Record<string, number | null> = {};
  for (const { id, score } of Object.values(metrics)) {
    if (Object.hasOwn(values, id)) throw new Error(`two metrics have the id '${id}'`);
    values[id] = score(trajectory);
  }
  return values;
};
