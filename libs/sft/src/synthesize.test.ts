import { type Policy, type Prompt, type Protocol, reactProtocol } from '@coa/core';
import { scriptedPolicy } from '@coa/policies';
import { lossMask } from '@coa/rollout';
import { expect, test } from 'vitest';
import { isRight } from './rejection.ts';
import { collectExamples, type SynthesisSetting, synthesize } from './synthesize.ts';
import { policyWritten } from './teacher-tokens.ts';
import {
  concluding,
  nameIn,
  openStudent,
  options,
  people,
  protocol,
  questionOf,
  rememberingTeacher,
  type Student,
  searchingTeacher,
  searchOf,
} from './toy-world.test-data.ts';

const world = people(12);
const student = await openStudent(world);

const settingOf = (changes: Partial<SynthesisSetting> = {}): SynthesisSetting => ({
  teacher: searchingTeacher(),
  student: student.policy,
  environment: searchOf(world),
  protocol,
  questions: world.map(questionOf),
  options,
  kind: 'coa',
  keep: isRight,
  maxTokens: 400,
  endOfTurn: '<|im_end|>',
  attempts: 1,
  concurrency: 5,
  seed: 3,
  teacherTokensPerToken: 8,
  ...changes,
});

const decodeWhere = ({ tokenizer }: Student, ids: Int32Array, mask: Uint8Array): string =>
  tokenizer.decode(ids.filter((_, i) => mask[i] === 1));

test('a chain of action in the student tokens: text, masks, end of turn', async () => {
  const { examples, counts } = await collectExamples(synthesize(settingOf()));
  expect(counts.accepted).toBe(12);
  expect(examples.map(({ question }) => question.id)).toEqual(world.map(({ name }) => name));
  const [{ tokens, trajectory }] = examples as [(typeof examples)[0]];
  const { name, town } = world[0]!;
  const { ids, observationMask } = tokens;
  const { specials } = student.tokenizer;
  expect(decodeWhere(student, ids, observationMask)).toBe(
    `\n\n<search_result> ${name} was born in ${town}. </search_result>\n\n`,
  );
  expect(decodeWhere(student, ids, lossMask(tokens, { maskObservations: true }))).toBe(
    `Who is ${name}? <begin_search> ${name} </end_search>${concluding(town)}`,
  );
  expect(ids.at(-1)).toBe(specials.get('<|im_end|>'));
  expect(lossMask(tokens, { maskObservations: true }).at(-1)).toBe(1);
  for (const tag of ['<begin_search>', '</end_search>', '<search_result>', '</think>'])
    expect(ids.filter((id) => id === specials.get(tag))).toHaveLength(1);
  expect(tokens.logprobs.every(Number.isNaN)).toBe(true);
  expect(trajectory.steps.map(({ kind }) => kind)).toEqual([
    'think',
    'action',
    'observation',
    'think',
    'answer',
  ]);
});

test('what a teacher writes is encoded as the student would read it in a prompt', () => {
  const text = `Who is Bo?  <begin_search> Bo </end_search>\n</think>\n\n\\boxed{Bo}`;
  const ids = policyWritten(text, student.policy, protocol).flatMap((written) => [
    ...student.policy.encode(written.text, written.kind)!,
  ]);
  expect(ids).toEqual([...student.policy.encode(text, 'markup')!]);
});

test('tags of observations, control tokens and unknown tags of a teacher stay text', () => {
  const text = 'a <search_result> b </search_result> <|im_end|> <i> <begin_search> c </end_search>';
  expect(policyWritten(text, student.policy, protocol)).toEqual([
    { kind: 'content', text: 'a <search_result> b </search_result> <|im_end|> <i> ' },
    { kind: 'markup', text: '<begin_search>' },
    { kind: 'content', text: ' c ' },
    { kind: 'markup', text: '</end_search>' },
  ]);
});

test('a teacher that is its own student is taught as sampled, log-probs included', async () => {
  const teacher = searchingTeacher();
  const setting = settingOf({
    teacher,
    student: teacher,
    endOfTurn: '',
    maxTokens: 1_000,
    options: { ...options, contextTokens: 1_000 },
  });
  const { examples } = await collectExamples(synthesize(setting));
  expect(examples).toHaveLength(12);
  const { ids, logprobs, promptMask, observationMask } = examples[0]!.tokens;
  expect(String.fromCodePoint(...ids)).toContain('<begin_search>');
  const sampled = (_: number, i: number) => promptMask[i] === 0 && observationMask[i] === 0;
  expect(logprobs.filter(sampled).every((logprob) => logprob === 0)).toBe(true);
});

const turns = (...script: string[]): Policy => scriptedPolicy({ script });
const found = world[0]!.town;
const search = `x <begin_search> ${world[0]!.name} </end_search>`;

test.each<[string, Partial<SynthesisSetting>]>([
  ['wrong-answer', { teacher: turns(search, concluding('Nowhere')) }],
  ['no-search', { teacher: turns(concluding(found)) }],
  ['searched', { kind: 'cot', teacher: turns(search, concluding(found)) }],
  ['malformed', { teacher: turns(`</think> ${search}`) }],
  ['forced-answer', { teacher: turns(search, 'I do not know.') }],
  ['forced-answer', { teacher: turns(search, search, search, `${found}}`) }],
  ['too-long', { teacher: turns(search, concluding(found)), maxTokens: 60 }],
  [
    'tool-failed',
    {
      teacher: turns(search, concluding(found)),
      environment: {
        ...searchOf(world),
        observe: async () => ({ text: 'No.', passageIds: [], failure: 'failed' }),
      },
    },
  ],
])('%s', async (reason, changes) => {
  const questions = [questionOf(world[0]!)];
  const collected = await collectExamples(synthesize(settingOf({ questions, ...changes })));
  expect(collected.examples).toEqual([]);
  expect(Object.entries(collected.counts.rejected).filter(([, count]) => count > 0)).toEqual([
    [reason, 1],
  ]);
});

test('no-tokens: the student is the teacher, and its engine hides them', async () => {
  const hidden: Policy = {
    ...turns(search, concluding(found)),
    promptIds: () => null,
    encode: () => null,
  };
  const setting = settingOf({ teacher: hidden, student: hidden, endOfTurn: '' });
  const { counts } = await collectExamples(synthesize(setting));
  expect(counts.rejected['no-tokens']).toBe(12);
});

test('a question is tried again with another seed until an attempt is accepted', async () => {
  const seeds = new Map<string, number[]>();
  const teacher = scriptedPolicy({
    script: ({ context, options: { seed } }) => {
      const name = nameIn(context);
      const used = [...(seeds.get(name) ?? []), seed];
      seeds.set(name, used);
      const { town } = world.find((person) => person.name === name)!;
      return concluding(used.length === 2 ? town : 'Nowhere');
    },
  });
  const setting = settingOf({ teacher, kind: 'cot', attempts: 4 });
  const { counts } = await collectExamples(synthesize(setting));
  expect(counts).toMatchObject({ accepted: 12, rejected: { 'wrong-answer': 12 } });
  expect(new Set([...seeds.values()].flat()).size).toBe(24);
});

test('the limit on tokens counts the end of the turn', async () => {
  const collect = async (maxTokens: number) =>
    (
      await collectExamples(
        synthesize(settingOf({ questions: [questionOf(world[0]!)], maxTokens })),
      )
    ).examples;
  const { length } = (await collect(400))[0]!.tokens.ids;
  expect(await collect(length)).toHaveLength(1);
  expect(await collect(length - 1)).toHaveLength(0);
});

test('for CoT the tool is never called', async () => {
  const calls: string[] = [];
  const environment = searchOf(world, ({ name }) => {
    calls.push(name);
    return name;
  });
  const { counts } = await collectExamples(synthesize(settingOf({ kind: 'cot', environment })));
  expect(counts.rejected.searched).toBe(12);
  expect(calls).toEqual([]);
});

test('two runs give the same, whatever the concurrency; a limit ends the work early', async () => {
  const run = async (concurrency: number, most?: number) =>
    (await collectExamples(synthesize(settingOf({ concurrency })), most)).examples;
  const whole = await run(5);
  expect(await run(1)).toEqual(whole);
  expect(await run(12)).toEqual(whole);
  expect(await run(5, 4)).toEqual(whole.slice(0, 4));
  expect(await run(5, 0)).toEqual([]);
});

test('the teacher reads text, and maybe another prompt; the example keeps that of the student', async () => {
  const seen = new Set<string>();
  const ids: unknown[] = [];
  const inner = searchingTeacher();
  const teacher: Policy = {
    ...inner,
    generate: (requests) => {
      for (const { context } of requests) {
        seen.add(context.prompt.system);
        ids.push(...context.segments.map((segment) => segment.ids));
      }
      return inner.generate(requests);
    },
  };
  const teacherPrompt = (prompt: Prompt) => ({ ...prompt, system: 'Search first.' });
  const plain = await collectExamples(synthesize(settingOf()));
  const told = await collectExamples(synthesize(settingOf({ teacher, teacherPrompt })));
  expect([...seen]).toEqual(['Search first.']);
  // ids of the student's would mean something else to it
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.every((own) => own === null)).toBe(true);
  expect(told.examples).toEqual(plain.examples);
});

test('ReAct, which has no tags, is synthesised alike', async () => {
  const react: Protocol = reactProtocol({ examples: 0, system: '' });
  const { name, town } = world[0]!;
  const teacher = turns(` Who?\nAction: Search[${name}]\n`, ` There.\nAction: Finish[${town}]`);
  const questions = [questionOf(world[0]!)];
  const { examples } = await collectExamples(
    synthesize(settingOf({ teacher, questions, protocol: react })),
  );
  const { ids, observationMask } = examples[0]!.tokens;
  expect(decodeWhere(student, ids, observationMask)).toBe(
    `Observation: ${name} was born in ${town}.\nThought:`,
  );
});

test('an end of turn that is not one token, and a student without tokens, are refused', async () => {
  const collect = (changes: Partial<SynthesisSetting>) =>
    collectExamples(synthesize(settingOf(changes)));
  await expect(collect({ endOfTurn: 'the end' })).rejects.toThrow(/"the end", \d+ tokens/);
  const hidden = { ...student.policy, encode: () => null };
  await expect(collect({ student: hidden, endOfTurn: '' })).rejects.toThrow(/no token ids/);
});
