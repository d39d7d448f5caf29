import { deriveSeed, groupBy, type Rollout, seededRng, shuffled } from '@coa/core';
import {
  type Candidate,
  type ContrastivePair,
  candidateOf,
  type PairKind,
  type PairOptions,
  type PairRejection,
} from './pair-candidates.ts';

export type PairSet = {
  readonly pairs: ContrastivePair[];
  readonly counts: Readonly<Record<PairKind, number>>;
  /** Over all pairs of rollouts of the same question. */
  readonly rejections: Readonly<Record<PairRejection, number>>;
};

const byQuestion = (rollouts: readonly Rollout[]): Rollout[][] => {
  const questionOf = ({ trajectory }: Rollout): string => {
    const { dataset, id } = trajectory.question;
    return JSON.stringify([dataset, id]);
  };
  return [...groupBy(rollouts, questionOf).values()];
};

/** The pairs of one kind with the longest shared prefixes, no rollout twice. */
const sharpest = (candidates: readonly Candidate[], kind: PairKind, most: number): Candidate[] => {
  const used = new Set<Rollout>();
  const chosen: Candidate[] = [];
  const own = candidates.filter(({ pair }) => pair.kind === kind);
  for (const candidate of own.sort((x, y) => y.shared - x.shared)) {
    if (chosen.length >= most || candidate.members.some((rollout) => used.has(rollout))) continue;
    for (const rollout of candidate.members) used.add(rollout);
    chosen.push(candidate);
  }
  return chosen;
};

const ofKind = (pairs: readonly ContrastivePair[], kind: PairKind): ContrastivePair[] =>
  pairs.filter((pair) => pair.kind === kind);

/** A seeded draw of what `balance` and `most` allow; the order is kept. */
const drawn = (pairs: readonly ContrastivePair[], options: PairOptions): ContrastivePair[] => {
  const { balance, most, seed } = options;
  const limit = most ?? pairs.length;
  const take = (from: readonly ContrastivePair[], count: number, what: string) =>
    shuffled(from, seededRng(deriveSeed(seed, 'pairs', what))).slice(0, count);
  const [tool, memory] = [ofKind(pairs, 'tool-right'), ofKind(pairs, 'memory-right')];
  const each = Math.min(tool.length, memory.length, Math.floor(limit / 2));
  const chosen = new Set(
    balance
      ? [...take(tool, each, 'tool-right'), ...take(memory, each, 'memory-right')]
      : take(pairs, limit, 'all'),
  );
  return pairs.filter((pair) => chosen.has(pair));
};

const noRejections = (): Record<PairRejection, number> => ({
  'no-tokens': 0,
  'not-answered': 0,
  'same-outcome': 0,
  identical: 0,
  'prompts-differ': 0,
  'cut-in-observation': 0,
  'same-use': 0,
  'short-prefix': 0,
  'too-long': 0,
  surplus: 0,
});

/**
 * Cuts CoT+A pairs from sampled rollouts, whoever sampled them: any two of the same question that part at a token which a
 * policy wrote in both, of which just one calls the tool from there on and just one ends in the right answer. The cut
 * is the longest common prefix of the ids, so the pair's first token is where the ways part. For prefixes that are long
 * and a first token that is the decision itself, add the rollouts of `branchRollouts`.
 */
export const contrastivePairs = (rollouts: readonly Rollout[], options: PairOptions): PairSet => {
  const rejections = noRejections();
  const pairs: ContrastivePair[] = [];
  for (const group of byQuestion(rollouts)) {
    const candidates: Candidate[] = [];
    for (const [i, a] of group.entries()) {
      for (const b of group.slice(i + 1)) {
        const found = candidateOf(a, b, options);
        if (typeof found === 'string') rejections[found] += 1;
        else candidates.push(found);
      }
    }
    const kept = (['tool-right', 'memory-right'] as const).flatMap((kind) =>
      sharpest(candidates, kind, options.perQuestion),
    );
    rejections.surplus += candidates.length - kept.length;
    pairs.push(...kept.map(({ pair }) => pair));
  }
  const chosen = drawn(pairs, options);
  rejections.surplus += pairs.length - chosen.length;
  const counts = {
    'tool-right': ofKind(chosen, 'tool-right').length,
    'memory-right': ofKind(chosen, 'memory-right').length,
  };
  return { pairs: chosen, counts, rejections };
};
