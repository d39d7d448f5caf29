import {
  type Action,
  deriveSeed,
  type Environment,
  type GenerateRequest,
  type Generation,
  type Observation,
  type Policy,
  type Protocol,
  protocolId,
  type Rollout,
  type Step,
  type StopReason,
  seededRng,
  type Written,
} from '@coa/core';
import {
  type Attempt,
  appendGiven,
  appendSampled,
  givenSegment,
  roomLeft,
  segmentTokens,
  startAttempt,
  type Task,
  tailOf,
} from './attempt.ts';
import { assertOptions, type RolloutOptions } from './options.ts';
import { tokenSequence } from './tokens.ts';

/** Who acts, where, by which protocol, within which limits. */
export type RolloutSetting = {
  readonly policy: Policy;
  readonly environment: Environment;
  readonly protocol: Protocol;
  readonly options: RolloutOptions;
  readonly signal?: AbortSignal;
};

/**
 * Algorithm 1 of the paper over a batch: generate until an action closes, carry it out, append the observation, go
 * on; stop at an answer, at T action steps or at N context tokens; at a limit, force an answer. All attempts advance
 * together, one generation each per pass; an attempt's result depends on its own task alone.
 * @throws when the policy fails (the caller decides about retries) or `signal` aborts.
 */
export const rolloutBatch = async (
  setting: RolloutSetting,
  tasks: readonly Task[],
): Promise<Rollout[]> => {
  assertOptions(setting.options, setting.policy.contextLimit);
  const attempts = tasks.map((task) => startAttempt(setting.policy, setting.protocol, task));
  for (;;) {
    const open = attempts.filter(({ phase }) => phase.kind !== 'done');
    if (open.length === 0) return attempts.map((attempt) => finished(attempt, setting));
    await Promise.all(open.map((attempt) => observe(attempt, setting)));
    for (const attempt of open) forceIfOutOfRoom(attempt, setting);
    const requests = open.map((attempt) => nextRequest(attempt, setting));
    const generations = await setting.policy.generate(requests, setting.signal);
    open.forEach((attempt, i) => {
      advance(attempt, generations[i]!, setting);
    });
  }
};

/** One rollout of one question. */
export const rollout = async (setting: RolloutSetting, task: Task): Promise<Rollout> => {
  const [only] = await rolloutBatch(setting, [task]);
  return only!;
};

/** G rollouts of one question, each with its own seed derived from the task's. */
export const rolloutGroup = (
  setting: RolloutSetting,
  task: Task,
  groupSize: number,
): Promise<Rollout[]> =>
  rolloutBatch(
    setting,
    Array.from({ length: groupSize }, (_, member) => ({
      question: task.question,
      seed: deriveSeed(task.seed, 'member', member),
    })),
  );

const observe = async (attempt: Attempt, setting: RolloutSetting): Promise<void> => {
  if (attempt.phase.kind !== 'observe') return;
  const { environment, protocol, policy, options, signal } = setting;
  const rng = seededRng(deriveSeed(attempt.task.seed, 'observation', attempt.actions));
  const call = {
    index: attempt.actions,
    rng,
    question: attempt.task.question,
    context: { prompt: attempt.prompt, segments: [...attempt.segments] },
    ...(signal && { signal }),
  };
  const observation = await environment.observe(attempt.phase.action, call);
  const render = (text: string) =>
    protocol.renderObservation({ ...observation, text }, attempt.turn);
  const text = fitted(observation, { policy, render, budget: options.observationTokens });
  attempt.steps.push({ kind: 'observation', ...observation, text });
  appendGiven(attempt, policy, givenSegment(policy, 'observation', render(text)));
  attempt.actions += 1;
  attempt.before += attempt.turn;
  attempt.turn = '';
  attempt.turnTokens = 0;
  attempt.phase = { kind: 'generate' };
};

/** The observation's text, cut by halving steps until its rendering fits the budget. */
const fitted = (
  { text }: Observation,
  fit: {
    readonly policy: Policy;
    readonly render: (text: string) => readonly Written[];
    readonly budget: number;
  },
): string => {
  const fits = (candidate: string) => {
    const segment = givenSegment(fit.policy, 'observation', fit.render(candidate));
    return segmentTokens(fit.policy, segment) <= fit.budget;
  };
  if (fits(text)) return text;
  const characters = [...text];
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(`${characters.slice(0, middle).join('')}…`)) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join('')}…`;
};

const forceIfOutOfRoom = (attempt: Attempt, setting: RolloutSetting): void => {
  if (attempt.stop === null && roomLeft(attempt, setting) < 1) {
    force(attempt, setting, 'context');
  }
};

const nextRequest = (attempt: Attempt, setting: RolloutSetting): GenerateRequest => {
  const { protocol, options } = setting;
  const forced = attempt.stop !== null;
  const turnLeft = options.turnTokens - attempt.turnTokens;
  return {
    context: { prompt: attempt.prompt, segments: [...attempt.segments] },
    options: {
      maxTokens: forced
        ? options.answerTokens
        : Math.max(1, Math.min(turnLeft, roomLeft(attempt, setting))),
      temperature: options.temperature,
      topP: options.topP,
      seed: deriveSeed(attempt.task.seed, 'turn', attempt.requests),
      stop: forced ? protocol.forcedStop : protocol.stop,
    },
  };
};

const advance = (attempt: Attempt, generation: Generation, setting: RolloutSetting): void => {
  appendSampled(attempt, setting.policy, generation);
  const { steps, move } = setting.protocol.parseTurn(attempt.turn, attempt.before);
  if (attempt.stop !== null) {
    finish(
      attempt,
      steps.filter(({ kind }) => kind === 'answer'),
      attempt.stop,
    );
    return;
  }
  switch (move.kind) {
    case 'answer':
      finish(attempt, steps, 'answered');
      return;
    case 'malformed':
      finish(attempt, steps, 'malformed');
      return;
    case 'act':
      act(attempt, { steps, action: move.action }, setting);
      return;
    case 'none': {
      const stopped = move.goOn && generation.finish === 'stop' && generation.text !== '';
      if (stopped && attempt.turnTokens < setting.options.turnTokens) return;
      attempt.steps.push(...steps);
      force(attempt, setting, roomLeft(attempt, setting) < 1 ? 'context' : 'length');
      return;
    }
  }
};

const finish = (attempt: Attempt, steps: readonly Step[], stop: StopReason) => {
  attempt.steps.push(...steps);
  attempt.stop = stop;
  attempt.phase = { kind: 'done' };
};

/** Carries the action out next pass; one that horizon or context leave no room for is no step of the trajectory. */
const act = (
  attempt: Attempt,
  { steps, action }: { readonly steps: readonly Step[]; readonly action: Action },
  setting: RolloutSetting,
): void => {
  const { horizon, observationTokens } = setting.options;
  const beyondHorizon = attempt.actions >= horizon;
  if (beyondHorizon || roomLeft(attempt, setting) < observationTokens) {
    attempt.steps.push(...steps.filter(({ kind }) => kind !== 'action'));
    force(attempt, setting, beyondHorizon ? 'horizon' : 'context');
    return;
  }
  attempt.steps.push(...steps);
  attempt.phase = { kind: 'observe', action };
};

/** Inserts the words that force an answer; the next generation completes them. */
const force = (attempt: Attempt, { policy, protocol }: RolloutSetting, stop: StopReason): void => {
  attempt.before += attempt.turn;
  const text = protocol.forceAnswer(attempt.before, tailOf(attempt));
  appendGiven(attempt, policy, givenSegment(policy, 'forced', [{ kind: 'markup', text }]));
  attempt.turn = text;
  attempt.turnTokens = 0;
  attempt.stop = stop;
  attempt.phase = { kind: 'generate' };
};

const finished = (attempt: Attempt, { protocol }: RolloutSetting): Rollout => ({
  trajectory: {
    question: attempt.task.question,
    protocol: protocolId(protocol),
    steps: attempt.steps,
    stop: attempt.stop ?? 'malformed',
  },
  tokens: tokenSequence(attempt.promptIds, attempt.segments),
  usage: {
    promptTokens: attempt.promptTokens,
    completionTokens: attempt.completionTokens,
    requests: attempt.requests,
  },
});
