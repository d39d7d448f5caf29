import type {
  Action,
  Generation,
  Policy,
  Prompt,
  Protocol,
  Question,
  Segment,
  Step,
  StopReason,
  Written,
} from '@coa/core';
import type { RolloutOptions } from './options.ts';

/** One question to attempt; `seed` decides every sample of the attempt. */
export type Task = { readonly question: Question; readonly seed: number };

/** What an attempt needs next. */
export type Phase =
  | { readonly kind: 'generate' }
  | { readonly kind: 'observe'; readonly action: Action }
  | { readonly kind: 'done' };

/** The running state of one attempt: the loop's only mutable data. */
export type Attempt = {
  readonly task: Task;
  readonly prompt: Prompt;
  readonly promptIds: Int32Array | null;
  readonly segments: Segment[];
  readonly steps: Step[];
  phase: Phase;
  /** null until the attempt's end is known; from then on only a forced answer is generated. */
  stop: StopReason | null;
  /** Tokens of prompt and segments. */
  tokens: number;
  actions: number;
  requests: number;
  promptTokens: number;
  completionTokens: number;
  /** Policy and forced text before the current turn, and in it. */
  before: string;
  turn: string;
  turnTokens: number;
};

export const startAttempt = (policy: Policy, protocol: Protocol, task: Task): Attempt => {
  const prompt = protocol.prompt(task.question.text);
  const promptIds = policy.promptIds(prompt);
  const written = [prompt.system, ...prompt.examples.flatMap((e) => [e.user, e.assistant])];
  const text = [...written, prompt.user, prompt.assistantPrefix].join('\n');
  return {
    task,
    prompt,
    promptIds,
    segments: [],
    steps: [],
    phase: { kind: 'generate' },
    stop: null,
    tokens: promptIds?.length ?? policy.countTokens(text),
    actions: 0,
    requests: 0,
    promptTokens: 0,
    completionTokens: 0,
    before: '',
    turn: '',
    turnTokens: 0,
  };
};

/** The assistant's turn so far, observations included. */
export const tailOf = ({ prompt, segments }: Attempt): string =>
  prompt.assistantPrefix + segments.map(({ text }) => text).join('');

/** Text and ids of what was not sampled, piece by piece: content never becomes a special token. */
export const givenSegment = (
  policy: Pick<Policy, 'encode'>,
  source: 'observation' | 'forced',
  written: readonly Written[],
): Segment => {
  const ids = written.map(({ text, kind }) => policy.encode(text, kind));
  return {
    source,
    text: written.map(({ text }) => text).join(''),
    ids: ids.every((part) => part !== null) ? Int32Array.from(ids.flatMap((p) => [...p])) : null,
    logprobs: null,
  };
};

/** Tokens of a segment, counted or estimated. */
export const segmentTokens = (policy: Policy, { ids, text }: Segment): number =>
  ids?.length ?? policy.countTokens(text);

/** Adds what was not sampled: an observation, or the words that force an answer. */
export const appendGiven = (attempt: Attempt, policy: Policy, segment: Segment): void => {
  attempt.segments.push(segment);
  attempt.tokens += segmentTokens(policy, segment);
};

/** Adds what the policy wrote, ids as sampled. */
export const appendSampled = (attempt: Attempt, policy: Policy, generation: Generation): void => {
  const { text, ids, logprobs, usage } = generation;
  const tokens = ids?.length ?? policy.countTokens(text);
  attempt.segments.push({ source: 'policy', text, ids, logprobs });
  attempt.tokens += tokens;
  attempt.turnTokens += tokens;
  attempt.turn += text;
  attempt.requests += 1;
  attempt.promptTokens += usage.promptTokens;
  attempt.completionTokens += usage.completionTokens;
};

/** Tokens left for a turn once the words that force an answer, and the answer, are kept in reserve. */
export const roomLeft = (
  attempt: Attempt,
  setting: {
    readonly policy: Policy;
    readonly protocol: Protocol;
    readonly options: RolloutOptions;
  },
): number => {
  const { policy, protocol, options } = setting;
  const words = protocol.forceAnswer(attempt.before + attempt.turn, tailOf(attempt));
  const reserve = policy.countTokens(words) + options.answerTokens;
  return options.contextTokens - attempt.tokens - reserve;
};
