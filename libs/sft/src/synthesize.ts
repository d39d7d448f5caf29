import {
  deriveSeed,
  type Environment,
  type Policy,
  type Prompt,
  type Protocol,
  type Question,
  type Rollout,
  type Trajectory,
} from '@coa/core';
import { type RolloutOptions, rolloutBatch } from '@coa/rollout';
import { type SftExample, withEndOfTurn } from './examples.ts';
import { noneRejected, type Rejection, rejectionOf, type Standard } from './rejection.ts';
import { type Student, teacherInTokensOf } from './teacher-tokens.ts';

export type SynthesisSetting = Standard & {
  /** Any policy. */
  readonly teacher: Policy;
  /** Whose tokens the examples are made of. The teacher itself where it shares them: ids are then kept as sampled. */
  readonly student: Student;
  readonly environment: Environment;
  readonly protocol: Protocol;
  readonly questions: readonly Question[];
  /** Budgets in the student's tokens. For CoT the horizon is 0, whatever stands here. */
  readonly options: RolloutOptions;
  /** Markup that ends the student's turn, one token, e.g. `<|im_end|>`; '' = none is taught. */
  readonly endOfTurn: string;
  /** Most attempts at a question; the first that is accepted ends them. */
  readonly attempts: number;
  /** Questions worked on together. */
  readonly concurrency: number;
  readonly seed: number;
  /** Default: 1. */
  readonly teacherTokensPerToken?: number;
  /** What the teacher reads in place of the student's prompt; default: the same. */
  readonly teacherPrompt?: (prompt: Prompt) => Prompt;
  readonly signal?: AbortSignal;
};

/** The outcome of one attempt. */
export type Synthesized =
  | { readonly kind: 'example'; readonly example: SftExample }
  | { readonly kind: 'rejection'; readonly reason: Rejection; readonly trajectory: Trajectory };

/** Ids of the markup that ends a turn. Throws where it is not one token of the student. */
export const endOfTurnIds = (student: Student, endOfTurn: string): Int32Array => {
  if (endOfTurn === '') return new Int32Array();
  const ids = student.encode(endOfTurn, 'markup');
  if (ids?.length === 1) return ids;
  throw new RangeError(
    `endOfTurn is ${JSON.stringify(endOfTurn)}, ${ids?.length ?? 'no'} tokens of the student; it must be one`,
  );
};

const settle = (rollout: Rollout, end: Int32Array, setting: SynthesisSetting): Synthesized => {
  const { kind, maxTokens } = setting;
  const room = { ...setting, maxTokens: maxTokens - end.length };
  const { trajectory, tokens } = rollout;
  const reason = rejectionOf(rollout, room);
  if (reason !== null || tokens === null)
    return { kind: 'rejection', reason: reason ?? 'no-tokens', trajectory };
  const { question } = trajectory;
  const example = { kind, question, tokens: withEndOfTurn(tokens, end), trajectory };
  return { kind: 'example', example };
};

/**
 * Makes examples of one kind by letting a teacher answer the questions in the environment (paper, "SFT data"). Yields the
 * outcome of each attempt: by blocks of `concurrency` questions, in a block by attempt, then by question. What it yields
 * depends on the setting alone, not on timing, where teacher and environment keep their promises.
 * @throws when the teacher's engine fails, or where `endOfTurn` is not one token of the student
 */
export async function* synthesize(setting: SynthesisSetting): AsyncGenerator<Synthesized> {
  const { teacher, student, environment, protocol, options, kind, signal } = setting;
  const end = endOfTurnIds(student, setting.endOfTurn);
  const foreign = {
    protocol,
    tokensPerToken: setting.teacherTokensPerToken ?? 1,
    prompt: setting.teacherPrompt ?? ((prompt: Prompt) => prompt),
  };
  const rollouts = {
    policy: teacher === student ? teacher : teacherInTokensOf(teacher, student, foreign),
    environment,
    protocol,
    options: kind === 'cot' ? { ...options, horizon: 0 } : options,
    ...(signal && { signal }),
  };
  for (let from = 0; from < setting.questions.length; from += setting.concurrency) {
    let open = setting.questions.slice(from, from + setting.concurrency);
    for (let attempt = 0; attempt < setting.attempts && open.length > 0; attempt++) {
      const tasks = open.map((question) => ({
        question,
        seed: deriveSeed(setting.seed, kind, question.dataset, question.id, attempt),
      }));
      const settled = (await rolloutBatch(rollouts, tasks)).map((r) => settle(r, end, setting));
      yield* settled;
      open = open.filter((_, i) => settled[i]!.kind === 'rejection');
    }
  }
}

/** What came of a synthesis, for the log. */
export type SynthesisCounts = {
  readonly accepted: number;
  readonly rejected: Readonly<Record<Rejection, number>>;
};

/** Examples and counts of a whole synthesis, ended early once `most` are accepted. */
export const collectExamples = async (
  outcomes: AsyncIterable<Synthesized>,
  most: number = Number.POSITIVE_INFINITY,
): Promise<{ readonly examples: SftExample[]; readonly counts: SynthesisCounts }> => {
  const examples: SftExample[] = [];
  const rejected = { ...noneRejected };
  if (most > 0) {
    for await (const outcome of outcomes) {
      if (outcome.kind === 'example') examples.push(outcome.example);
      else rejected[outcome.reason] += 1;
      if (examples.length >= most) break;
    }
  }
  return { examples, counts: { accepted: examples.length, rejected } };
};
