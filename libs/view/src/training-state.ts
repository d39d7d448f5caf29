import type { RunRecord } from '@coa/core';
import { exactMatch, tokenF1 } from '@coa/metrics';
import { type TokenTexts, type TrajectoryView, trajectoryView } from '@coa/report';
import type { Store, TrainingRollout } from '@coa/store';

/** Rollouts of one step, of one question each group. */
export type RolloutGroup = {
  readonly group: number;
  /** With each rollout's place among those of the step. */
  readonly members: readonly (TrainingRollout & { readonly number: number })[];
};

/** By group, in the step's order. */
export const groupsOf = (rollouts: readonly TrainingRollout[]): RolloutGroup[] => {
  const groups = new Map<number, (TrainingRollout & { number: number })[]>();
  rollouts.forEach((rollout, number) => {
    const members = groups.get(rollout.group);
    if (members) members.push({ ...rollout, number });
    else groups.set(rollout.group, [{ ...rollout, number }]);
  });
  return [...groups].map(([group, members]) => ({ group, members }));
};

/** A rollout of a training in the form of an evaluation's record: what learnt from it is shown like what is measured. */
const recordOf = ({ rollout, group, member, reward, advantage }: TrainingRollout): RunRecord => ({
  runId: '',
  arm: `group ${group + 1}`,
  repeat: member,
  seed: 0,
  seconds: 0,
  outcome: { kind: 'rollout', rollout },
  metrics: {
    reward,
    advantage,
    exactMatch: exactMatch.score(rollout.trajectory),
    tokenF1: tokenF1.score(rollout.trajectory),
  },
});

/** As the trajectory page shows it; nobody measured its time. */
export const rolloutView = (rollout: TrainingRollout, texts: TokenTexts): TrajectoryView => ({
  ...trajectoryView(recordOf(rollout), texts),
  seconds: null,
});

/** The last step of which rollouts are stored, with them; null where the training kept none. */
export const newestRollouts = (
  store: Store,
  key: string,
): { readonly step: number; readonly rollouts: readonly TrainingRollout[] } | null => {
  const steps = store.readTrainingSteps(key);
  // supervised stages keep none: the last few steps tell
  for (const { step } of steps.slice(-3).toReversed()) {
    const rollouts = [...store.readTrainingRollouts(key, { step, tokens: false })];
    if (rollouts.length > 0) return { step, rollouts };
  }
  return null;
};
