import { type Normalizer, normalizeAnswer, normalizeTrivia, wordsOf } from './normalize.ts';

/** How one family of question sets scores an answer: its official script, on one prediction and one gold. */
export type AnswerRule = {
  readonly normalize: Normalizer;
  /** Of normalised texts; 0 or 1. */
  readonly exactMatch: (prediction: string, gold: string) => number;
  /** Of normalised texts; in [0, 1]. */
  readonly tokenF1: (prediction: string, gold: string) => number;
};

const exactMatch = (prediction: string, gold: string): number => Number(prediction === gold);

/** How many words two lists share, as multisets. */
const sharedWords = (some: readonly string[], others: readonly string[]): number => {
  const left = new Map<string, number>();
  for (const word of others) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of some) {
    const count = left.get(word) ?? 0;
    if (count > 0) shared += 1;
    left.set(word, count - 1);
  }
  return shared;
};

const overlapF1 = (prediction: string, gold: string): number => {
  const [predicted, accepted] = [wordsOf(prediction), wordsOf(gold)];
  const shared = sharedWords(predicted, accepted);
  if (shared === 0) return 0;
  const precision = shared / predicted.length;
  const recall = shared / accepted.length;
  return (2 * precision * recall) / (precision + recall);
};

const closed = new Set(['yes', 'no', 'noanswer']);

/** hotpot_evaluate_v1.py: a closed answer is right as a whole or not at all. */
const hotpotF1 = (prediction: string, gold: string): number =>
  prediction !== gold && (closed.has(prediction) || closed.has(gold))
    ? 0
    : overlapF1(prediction, gold);

/** MuSiQue's metrics/answer.py: two empty answers agree. */
const musiqueF1 = (prediction: string, gold: string): number =>
  prediction === '' || gold === '' ? Number(prediction === gold) : overlapF1(prediction, gold);

export const answerRules = {
  /** github.com/hotpotqa/hotpot, hotpot_evaluate_v1.py */
  hotpotqa: { normalize: normalizeAnswer, exactMatch, tokenF1: hotpotF1 },
  /** github.com/StonyBrookNLP/musique, metrics/answer.py */
  musique: { normalize: normalizeAnswer, exactMatch, tokenF1: musiqueF1 },
  /** github.com/mandarjoshi90/triviaqa, evaluation/triviaqa_evaluation.py */
  triviaqa: { normalize: normalizeTrivia, exactMatch, tokenF1: overlapF1 },
} satisfies Record<string, AnswerRule>;

const rulesByKind = new Map<string, AnswerRule>(Object.entries(answerRules));

/**
 * The rule of a question set: MuSiQue's and TriviaQA's own, HotpotQA's for every other set (2WikiMultihopQA, NQ and
 * Bamboogle are scored by it everywhere). `primer-<kind>` is scored as `<kind>`.
 */
export const answerRule = (dataset: string): AnswerRule =>
  rulesByKind.get(dataset.replace(/^(primer|atlas)-/, '')) ?? answerRules.hotpotqa;

/** Best score over the golds, as every official script takes it. Throws where there are none. */
export const bestOverGolds = (
  normalize: Normalizer,
  score: (prediction: string, gold: string) => number,
  { prediction, golds }: { readonly prediction: string; readonly golds: readonly string[] },
): number => {
  if (golds.length === 0) {
    throw new RangeError(`no golds to score the prediction ${JSON.stringify(prediction)} against`);
  }
  const normalized = normalize(prediction);
  return golds.reduce((best, gold) => Math.max(best, score(normalized, normalize(gold))), 0);
};
