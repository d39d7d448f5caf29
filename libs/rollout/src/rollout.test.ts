import {
  coaProtocol,
  type Environment,
  type GenerateRequest,
  type Generation,
  type Policy,
  type Question,
  reactProtocol,
} from '@coa/core';
import { describe, expect, test } from 'vitest';
import type { RolloutOptions } from './options.ts';
import { rollout, rolloutBatch, rolloutGroup } from './rollout.ts';
import { lossMask } from './tokens.ts';

/** One character = one token; writes the script's lines in order, cut after a stop string or at the budget. */
const characterPolicy = (script: (request: GenerateRequest, turn: number) => string): Policy => {
  const encode = (text: string) => Int32Array.from([...text].map((c) => c.codePointAt(0)!));
  const answer = (request: GenerateRequest): Generation => {
    const { segments, prompt } = request.context;
    const { stop, maxTokens } = request.options;
    const whole = script(request, segments.filter(({ source }) => source === 'policy').length);
    const ends = stop
      .map((s) => whole.indexOf(s) + s.length)
      .filter((end, i) => end >= stop[i]!.length);
    const stopped = ends.length > 0 && Math.min(...ends) <= maxTokens;
    const text = whole.slice(0, stopped ? Math.min(...ends) : maxTokens);
    const finish = stopped ? 'stop' : text.length < whole.length ? 'length' : 'end';
    const promptTokens = prompt.user.length + segments.reduce((sum, s) => sum + s.text.length, 0);
    return {
      text,
      ids: encode(text),
      logprobs: Float32Array.from(text, () => -0.5),
      finish,
      usage: { promptTokens, completionTokens: text.length },
    };
  };
  return {
    name: 'characters',
    fingerprint: 'characters',
    contextLimit: 10_000,
    concurrency: 4,
    promptIds: ({ user, assistantPrefix }) => encode(`${user}\n${assistantPrefix}`),
    encode,
    decode: (ids) => String.fromCodePoint(...ids),
    countTokens: (text) => text.length,
    generate: async (requests) => requests.map(answer),
    close: async () => undefined,
  };
};

const environment: Environment = {
  name: 'echo',
  fingerprint: 'echo',
  observe: async ({ input }, { index }) => ({
    text: `found ${input} at ${index}`,
    passageIds: [`p-${input}`],
    failure: null,
  }),
};
const question: Question = {
  id: 'q1',
  dataset: 'toy',
  split: 'test',
  text: 'who?',
  golds: ['Bo'],
  supporting: [],
  supportComplete: false,
  type: null,
  hops: null,
};
const options: RolloutOptions = {
  horizon: 2,
  contextTokens: 2_000,
  turnTokens: 200,
  answerTokens: 20,
  observationTokens: 100,
  temperature: 0,
  topP: 1,
};
const protocol = coaProtocol({ examples: 0 });
const setting = (script: Parameters<typeof characterPolicy>[0], changes = {}) => ({
  policy: characterPolicy(script),
  environment,
  protocol,
  options: { ...options, ...changes },
});
const task = { question, seed: 1 };
const search = 'hm <begin_search> a </end_search>';

describe('Algorithm 1', () => {
  test('think, act, observe, answer', async () => {
    const script = (_: GenerateRequest, turn: number) =>
      turn === 0 ? search : 'so </think> \\boxed{Bo}';
    const { trajectory, usage } = await rollout(setting(script), task);
    expect(trajectory).toEqual({
      question,
      protocol: 'coa@1',
      stop: 'answered',
      steps: [
        { kind: 'think', text: 'hm' },
        { kind: 'action', tool: 'search', input: 'a' },
        { kind: 'observation', text: 'found a at 0', passageIds: ['p-a'], failure: null },
        { kind: 'think', text: 'so' },
        { kind: 'answer', text: 'Bo' },
      ],
    });
    expect(usage.requests).toBe(2);
  });

  test('the horizon: T actions are carried out, the next forces an answer', async () => {
    const script = ({ options: { stop } }: GenerateRequest) =>
      stop.includes('}') ? 'Bo} and more' : search;
    const { trajectory } = await rollout(setting(script), task);
    expect(trajectory.stop).toBe('horizon');
    const kinds = trajectory.steps.map(({ kind }) => kind).filter((kind) => kind !== 'think');
    expect(kinds.join(' ')).toBe('action observation action observation answer');
    expect(trajectory.steps.at(-1)).toEqual({ kind: 'answer', text: 'Bo' });
  });

  test('a turn that says nothing forces an answer; an empty forced answer stays empty', async () => {
    const { trajectory } = await rollout(
      setting(() => ''),
      task,
    );
    expect(trajectory).toMatchObject({ stop: 'length', steps: [] });
  });

  test('the turn budget is counted in tokens', async () => {
    const script = ({ options: { stop } }: GenerateRequest) =>
      stop.includes('}') ? 'x}' : 'z'.repeat(500);
    const { trajectory } = await rollout(setting(script, { turnTokens: 50 }), task);
    expect(trajectory.stop).toBe('length');
    expect(trajectory.steps[0]).toEqual({ kind: 'think', text: 'z'.repeat(50) });
  });

  test('the context limit holds for everything together', async () => {
    const script = ({ options: { stop } }: GenerateRequest) =>
      stop.includes('}') ? 'y'.repeat(500) : search;
    const limits = { contextTokens: 260, horizon: 50, observationTokens: 60 };
    const { trajectory, tokens } = await rollout(setting(script, limits), task);
    expect(trajectory.stop).toBe('context');
    expect(tokens?.ids.length).toBeLessThanOrEqual(260);
  });

  test('an observation is cut to its budget', async () => {
    const long = 'b'.repeat(400);
    const script = (_: GenerateRequest, turn: number) =>
      turn === 0 ? `<begin_search> ${long} </end_search>` : '</think>\\boxed{x}';
    const limits = { turnTokens: 600, observationTokens: 100 };
    const { trajectory, tokens } = await rollout(setting(script, limits), task);
    const observed = tokens!.observationMask.reduce((sum, bit) => sum + bit, 0);
    expect(observed).toBe(100);
    expect(trajectory.steps.find(({ kind }) => kind === 'observation')).toMatchObject({
      text: expect.stringMatching(/^found b+…$/),
    });
  });

  test('a stop string that is no action goes on within the same turn', async () => {
    const script = (_: GenerateRequest, turn: number) =>
      ['see [1]\n', 'and\nAction: Finish[Bo]\n'][turn] ?? '';
    const react = { ...setting(script), protocol: reactProtocol({ examples: 0 }) };
    const { trajectory } = await rollout(react, task);
    expect(trajectory.steps).toEqual([
      { kind: 'think', text: 'see [1]\nand' },
      { kind: 'answer', text: 'Bo' },
    ]);
  });

  test('a search after </think> ends the attempt as malformed, without an answer', async () => {
    const script = () => '</think> <begin_search> a </end_search>';
    const { trajectory } = await rollout(setting(script), task);
    expect(trajectory.stop).toBe('malformed');
    expect(trajectory.steps.some(({ kind }) => kind === 'answer')).toBe(false);
  });
});

test('tokens are the spans as sampled: masks and log-probs follow the text', async () => {
  const script = (_: GenerateRequest, turn: number) =>
    turn === 0 ? search : '</think>\\boxed{Bo}';
  const { tokens } = await rollout(setting(script), task);
  const text = String.fromCodePoint(...tokens!.ids);
  const observed = [...text].filter((_, i) => tokens!.observationMask[i] === 1).join('');
  expect(observed).toBe('\n\n<search_result> found a at 0 </search_result>\n\n');
  const given = [...text].filter((_, i) => tokens!.promptMask[i] === 1).join('');
  expect(given).toBe('Question: who?\n<think>\n');
  const sampled = [...text].filter((_, i) => !Number.isNaN(tokens!.logprobs[i])).join('');
  expect(sampled).toBe(`${search}</think>\\boxed{Bo}`);
});

test('text that forces an answer counts as given, not as sampled', async () => {
  const script = ({ options: { stop } }: GenerateRequest) => (stop.includes('}') ? 'Bo}' : 'hm');
  const { tokens } = await rollout(setting(script), task);
  const text = String.fromCodePoint(...tokens!.ids);
  const given = [...text].filter((_, i) => tokens!.promptMask[i] === 1).join('');
  expect(given).toBe('Question: who?\n<think>\n\n</think>\n\n\\boxed{');
});

test('a batch gives what each task gives alone; a group gives each member its own seed', async () => {
  const script = ({ options: { seed }, context }: GenerateRequest, turn: number) =>
    turn === 0 ? search : `${context.prompt.user}</think>\\boxed{${seed}}`;
  const tasks = [1, 2, 3].map((seed) => ({ question: { ...question, text: `who ${seed}` }, seed }));
  const together = await rolloutBatch(setting(script), tasks);
  const alone = await Promise.all(tasks.map((one) => rollout(setting(script), one)));
  expect(together).toEqual(alone);
  const group = await rolloutGroup(setting(script), task, 4);
  expect(new Set(group.map(({ trajectory }) => JSON.stringify(trajectory))).size).toBe(4);
});

test('limits that cannot hold are refused with their values', async () => {
  await expect(
    rollout(
      setting(() => '', { contextTokens: 20_000 }),
      task,
    ),
  ).rejects.toThrow('contextTokens is 20000, but the policy holds 10000 tokens');
  await expect(
    rollout(
      setting(() => '', { horizon: -1 }),
      task,
    ),
  ).rejects.toThrow('horizon is -1');
});

test('the loss mask leaves out what was given, and observations where they are masked', () => {
  const tokens = {
    ids: Int32Array.of(1, 2, 3, 4, 5),
    promptMask: Uint8Array.of(1, 0, 0, 0, 1),
    observationMask: Uint8Array.of(0, 0, 1, 1, 0),
    logprobs: new Float32Array(5),
  };
  expect([...lossMask(tokens, { maskObservations: true })]).toEqual([0, 1, 0, 0, 0]);
  expect([...lossMask(tokens, { maskObservations: false })]).toEqual([0, 1, 1, 1, 0]);
});

test('an environment sees the question and what the policy has written', async () => {
  const seen: unknown[] = [];
  const watching: Environment = {
    ...environment,
    observe: async (action, call) => {
      seen.push([call.question.id, call.context.segments.map(({ text }) => text).join('')]);
      return environment.observe(action, call);
    },
  };
  const script = (_: GenerateRequest, turn: number) =>
    turn === 0 ? search : '</think>\\boxed{Bo}';
  await rollout({ ...setting(script), environment: watching }, task);
  expect(seen).toEqual([['q1', search]]);
});
