import type { Reward, Trajectory } from '@coa/core';
import { exactMatch, releasedRewardOf } from '@coa/metrics';

/**
 * Whether a response kept to its protocol: it answered by itself. A forced answer, a search after `</think>` or no
 * answer at all is none of its own. Only the response is looked at: the released gate also sees the prompt, and so
 * never fires.
 */
export const isWellFormed = ({ stop }: Trajectory): boolean => stop === 'answered';

/** Exact match less a penalty where the format was broken (paper, "RL"). `formatPenalty` >= 0. */
export const paperReward =
  (formatPenalty: number): Reward =>
  (trajectory) =>
    Number(exactMatch.score(trajectory) === 1) - (isWellFormed(trajectory) ? 0 : formatPenalty);

/**
 * A reward that nothing but a rollout with an action earns. In a simulated environment the policy answers itself, and where
 * it remembers as well without asking, it unlearns to ask; the paper's required tags then have to include the action's.
 */
export const earnedByActing =
  (reward: Reward): Reward =>
  (trajectory) =>
    trajectory.steps.some(({ kind }) => kind === 'action')
      ? reward(trajectory)
      : Math.min(0, reward(trajectory));

/** The looser reward of the released code: 70 % of the gold's words are enough; nothing where the format was broken. */
export const releasedTrainingReward: Reward = (trajectory) =>
  isWellFormed(trajectory) ? releasedRewardOf(trajectory) : 0;
