import {
  deriveSeed,
  type Question,
  seededRng,
  shuffled,
  type TokenSequence,
  type Trajectory,
} from '@coa/core';

/** cot: answered with no tool; coa: answered with the tool (paper, "SFT data"). */
export type ExampleKind = 'cot' | 'coa';

/** A trajectory to imitate, in the student's tokens. */
export type SftExample = {
  readonly kind: ExampleKind;
  readonly question: Question;
  readonly tokens: TokenSequence;
  readonly trajectory: Trajectory;
};

/** Numbers of examples by kind. */
export type ExampleCounts = Readonly<Record<ExampleKind, number>>;

/** The paper's stages 2 and 3. */
export const paperCounts: ExampleCounts = { coa: 5_000, cot: 1_000 };

/**
 * A seeded draw without replacement of so many examples of each kind; the order of `examples` is kept.
 * @throws RangeError where there are fewer of a kind than asked for
 */
export const mixExamples = (
  examples: readonly SftExample[],
  counts: ExampleCounts,
  seed: number,
): SftExample[] => {
  const drawn = (['coa', 'cot'] as const).flatMap((kind) => {
    const own = examples.filter((example) => example.kind === kind);
    if (own.length < counts[kind])
      throw new RangeError(`${counts[kind]} ${kind} examples asked for; there are ${own.length}`);
    return shuffled(own, seededRng(deriveSeed(seed, 'mix', kind))).slice(0, counts[kind]);
  });
  const chosen = new Set(drawn);
  return examples.filter((example) => chosen.has(example));
};

/**
 * Tokens with the end-of-turn token behind them, to be learnt like what the policy wrote. A rollout drops it, and a
 * policy that never learns it does not stop after its answer.
 */
export const withEndOfTurn = (tokens: TokenSequence, end: Int32Array): TokenSequence => ({
  ids: Int32Array.of(...tokens.ids, ...end),
  promptMask: Uint8Array.of(...tokens.promptMask, ...end.map(() => 0)),
  observationMask: Uint8Array.of(...tokens.observationMask, ...end.map(() => 0)),
  logprobs: Float32Array.from([...tokens.logprobs, ...Array.from(end, () => Number.NaN)]),
});
