import { deriveSeed, type Question, type Rng, seededRng, shuffled } from '@coa/core';

/**
 * The questions of a batch (from 1): without replacement within a pass over them all, each pass in an order of its own.
 * Decided by the seed and the batch alone.
 */
export const questionsOfBatch = (
  questions: readonly Question[],
  batch: number,
  { questionsPerBatch, seed }: { readonly questionsPerBatch: number; readonly seed: number },
): Question[] => {
  if (questions.length < questionsPerBatch) {
    throw new RangeError(
      `${questions.length} questions cannot fill a batch of ${questionsPerBatch}; give more, or lower questionsPerBatch`,
    );
  }
  const perPass = Math.floor(questions.length / questionsPerBatch);
  const [pass, place] = [Math.floor((batch - 1) / perPass), (batch - 1) % perPass];
  const order = shuffled(questions, seededRng(deriveSeed(seed, 'pass', pass)));
  return order.slice(place * questionsPerBatch, (place + 1) * questionsPerBatch);
};

/** `count` further questions, none of those that are `taken`; fewer where there are no more. */
export const furtherQuestions = (
  questions: readonly Question[],
  taken: readonly Question[],
  count: number,
  rng: Rng,
): Question[] => {
  const ids = new Set(taken.map(({ dataset, id }) => `${dataset} ${id}`));
  const left = questions.filter(({ dataset, id }) => !ids.has(`${dataset} ${id}`));
  return shuffled(left, rng).slice(0, count);
};
