import { scriptedPolicy } from '@coa/policies';
import { lossMask, rollout } from '@coa/rollout';
import { expect, test } from 'vitest';
import { type BranchOptions, branchRollouts, openingWith, prefixOf } from './branch-rollouts.ts';
import { contrastivePairs } from './contrastive-pairs.ts';
import { isRight } from './rejection.ts';
import { endOfTurnIds } from './synthesize.ts';
import { teacherInTokensOf } from './teacher-tokens.ts';
import {
  assistantText,
  nameIn,
  openStudent,
  options,
  people,
  protocol,
  questionOf,
  searchOf,
} from './toy-world.test-data.ts';

const world = people(6);
const student = await openStudent(world);
const known = new Set(world.slice(0, 3).map(({ name }) => name));

/** Goes on wherever it stands, as a language model does; knows half the world, and misreads the passages on it. */
const teacher = scriptedPolicy({
  script: ({ context }) => {
    const before = assistantText(context);
    const name = nameIn(context);
    const town = world.find((person) => person.name === name)!.town;
    if (before.endsWith('<begin_search>')) return ` ${name} </end_search>`;
    if (before.endsWith('</think>')) return `\n\n\\boxed{${known.has(name) ? town : 'Nowhere'}}`;
    if (before.includes('</search_result>'))
      return `So.\n</think>\n\n\\boxed{${known.has(name) ? 'Elsewhere' : town}}`;
    return `Who is ${name}? <begin_search> ${name} </end_search>`;
  },
});

const policy = teacherInTokensOf(teacher, student.policy, {
  protocol,
  tokensPerToken: 8,
  prompt: (prompt) => prompt,
});
const setting = { policy, environment: searchOf(world), protocol, options };
const branching: BranchOptions = {
  ways: { act: ' <begin_search>', conclude: '\n</think>' },
  free: 2,
  prefixes: 1,
  width: 1,
};
const tasks = world.map((person, seed) => ({ question: questionOf(person), seed }));

test('both ways on from one prefix make pairs of both kinds, cut at the decision', async () => {
  const rollouts = await branchRollouts(setting, tasks, branching);
  expect(rollouts).toHaveLength(6 * (2 + 2));
  const { pairs, counts } = contrastivePairs(rollouts, {
    isRight,
    endOfTurn: endOfTurnIds(student.policy, '<|im_end|>'),
    maxTokens: 400,
    minShared: 1,
    perQuestion: 1,
    balance: true,
    most: null,
    seed: 1,
  });
  expect(counts).toEqual({ 'tool-right': 3, 'memory-right': 3 });
  const { specials, decode } = student.tokenizer;
  for (const { kind, question, context, chosen, rejected } of pairs) {
    expect(kind).toBe(known.has(question.id) ? 'memory-right' : 'tool-right');
    expect(decode(context).endsWith(`<think>\nWho is ${question.id}?`)).toBe(true);
    const [tool, memory] = kind === 'tool-right' ? [chosen, rejected] : [rejected, chosen];
    expect(tool.ids[1]).toBe(specials.get('<begin_search>'));
    expect(memory.ids[1]).toBe(specials.get('</think>'));
    // the deciding tokens are taught
    for (const side of [tool, memory])
      expect([...lossMask(side, { maskObservations: true }).slice(0, 2)]).toEqual([1, 1]);
    expect(tool.observationMask).toContain(1);
    expect(memory.observationMask).not.toContain(1);
  }
});

test('an opening counts as what the policy wrote, without log-probs, and within the budget', async () => {
  const ids = student.policy.encode('Hm. <begin_search>', 'markup')!;
  const opened = openingWith(policy, { text: 'Hm. <begin_search>', ids });
  const { trajectory, tokens } = await rollout({ ...setting, policy: opened }, tasks[0]!);
  expect(trajectory.steps.slice(0, 2)).toEqual([
    { kind: 'think', text: 'Hm.' },
    { kind: 'action', tool: 'search', input: world[0]!.name },
  ]);
  expect(trajectory.stop).toBe('answered');
  expect(trajectory.steps.at(-1)).toEqual({ kind: 'answer', text: 'Elsewhere' });
  const begin = tokens!.promptMask.indexOf(0);
  expect(tokens!.ids.slice(begin, begin + ids.length)).toEqual(ids);
});

test('where the tool is not to be used, an action is not carried out', async () => {
  const ways = { act: ' <begin_search>', conclude: ' <think>' };
  const rollouts = await branchRollouts(setting, tasks.slice(0, 1), { ...branching, ways });
  expect(rollouts.map(({ trajectory }) => trajectory.stop)).toEqual([
    'answered',
    'answered',
    'answered',
    'horizon',
  ]);
  expect(rollouts[3]!.tokens!.observationMask).not.toContain(1);
});

test('an opening of a real model: sampled log-probs stand behind it', async () => {
  const ids = student.policy.encode('Who is', 'content')!;
  const opened = openingWith(student.policy, { text: 'Who is', ids });
  const sampled = { ...setting, policy: opened, options: { ...options, temperature: 1 } };
  const { tokens } = await rollout(sampled, tasks[0]!);
  const begin = tokens!.promptMask.indexOf(0);
  const own = tokens!.logprobs.slice(begin);
  expect(own.slice(0, ids.length).every(Number.isNaN)).toBe(true);
  expect(own[ids.length]).toBeLessThan(0);
});

test('the prefix ends before the first decision and the white space that belongs to it', async () => {
  const tag = student.tokenizer.specials.get('<begin_search>')!;
  const free = await rollout(setting, tasks[0]!);
  expect(prefixOf(free, policy, [tag])?.text).toBe(`Who is ${world[0]!.name}?`);
  expect(prefixOf(free, policy, [999_999])).toBeNull();
  expect(prefixOf({ ...free, tokens: null }, policy, [tag])).toBeNull();
});

test('a policy without a token for the tag cannot branch', async () => {
  const plain = { ...setting, policy: teacher };
  await expect(branchRollouts(plain, tasks, branching)).rejects.toThrow(
    '" <begin_search>" does not end in a special token of scripted',
  );
});
