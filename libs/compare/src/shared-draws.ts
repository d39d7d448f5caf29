import { seededRng } from '@coa/core';
import { type Draws, drawsOf } from '@coa/metrics';

/** What decides the draws of a bootstrap. */
export type DrawPlan = {
  readonly seed: number;
  readonly resamples: number;
  /** How many values are drawn from, set after set. */
  readonly sizes: readonly number[];
};

export type DrawSource = (plan: DrawPlan) => Draws;

export const ownDraws: DrawSource = ({ seed }) => drawsOf(seededRng(seed));

/** Places that are kept at most, mostly of two bytes. */
const most = 2 ** 26;

/**
 * A source for comparisons that are made together: with one baseline they draw the same resamples, which are kept when
 * they are drawn first. It gives what `ownDraws` gives, and keeps no more than some 130 MB of it.
 */
export const sharedDraws = (): DrawSource => {
  const kept = new Map<string, readonly ArrayLike<number>[]>();
  let held = 0;
  return (plan) => {
    const { resamples, sizes } = plan;
    const [key, draws] = [JSON.stringify(plan), ownDraws(plan)];
    const need = resamples * sizes.reduce((sum, size) => sum + size, 0);
    if (!kept.has(key)) {
      if (held + need > most) return draws;
      held += need;
      kept.set(key, Array.from({ length: resamples }, () => sizes.map(draws)).flat());
    }
    const places = kept.get(key)!;
    let at = 0;
    return () => places[at++]!;
  };
};
