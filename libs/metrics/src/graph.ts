import type { Metric, Trajectory } from '@coa/core';
import { answerRule } from './answer-rules.ts';

/** Share of facts of the reasoning graph for which `holds`; null where the question has no graph. */
const shareOfFacts = (
  trajectory: Trajectory,
  holds: (fact: { readonly object: string; readonly passageIds: readonly string[] }) => boolean,
): number | null => {
  const { evidence = [] } = trajectory.question;
  return evidence.length === 0 ? null : evidence.filter(holds).length / evidence.length;
};

/** Share of the reasoning graph's facts of which a passage that states them was shown; null without a graph. */
export const hopRecall: Metric = {
  id: 'hopRecall',
  version: 1,
  score: (trajectory) => {
    const shown = new Set(
      trajectory.steps.flatMap((step) => (step.kind === 'observation' ? step.passageIds : [])),
    );
    return shareOfFacts(trajectory, ({ passageIds }) => passageIds.some((id) => shown.has(id)));
  },
};

/**
 * Share of the reasoning graph's facts whose object stands, as whole words by the set's rule, in what the policy itself
 * wrote (thoughts, queries, answer): found or remembered, and taken up. null without a graph.
 */
export const hopSuccess: Metric = {
  id: 'hopSuccess',
  version: 1,
  score: (trajectory) => {
    const { normalize } = answerRule(trajectory.question.dataset);
    const own = trajectory.steps.map((step) => {
      if (step.kind === 'observation') return '';
      return step.kind === 'action' ? step.input : step.text;
    });
    const words = ` ${normalize(own.join(' \n '))} `;
    return shareOfFacts(trajectory, ({ object }) => words.includes(` ${normalize(object)} `));
  },
};

/** Searches on a question whose entities the base model has read about: it could have remembered. null elsewhere. */
export const needlessSearches: Metric = {
  id: 'needlessSearches',
  version: 1,
  score: ({ question, steps }) =>
    question.known === true
      ? steps.filter((step) => step.kind === 'action' && step.tool === 'search').length
      : null,
};
