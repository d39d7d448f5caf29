import { deriveSeed, type Generation, type Policy, type Rollout } from '@coa/core';
import { type RolloutSetting, rolloutBatch, type Task } from '@coa/rollout';

/** The two ways on from a decision, as markup whose last token is the protocol's tag for it. */
export type Ways = {
  /** Calls the tool; coa: ' <begin_search>'. */
  readonly act: string;
  /** Ends the thought; coa: '\n</think>'. */
  readonly conclude: string;
};

export type BranchOptions = {
  readonly ways: Ways;
  /** Free rollouts of a question, from which prefixes are taken. */
  readonly free: number;
  /** Most different prefixes of a question. */
  readonly prefixes: number;
  /** Rollouts from each prefix, either way. */
  readonly width: number;
};

/** How a policy's first turn begins, before it writes on by itself. */
export type Opening = { readonly text: string; readonly ids: Int32Array };

const begun = ({ text, ids }: Opening, rest: Generation): Generation => ({
  ...rest,
  text: text + rest.text,
  ids: rest.ids && Int32Array.of(...ids, ...rest.ids),
  logprobs: Float32Array.of(
    ...Array.from(ids, () => Number.NaN),
    ...(rest.logprobs ?? Array.from(rest.ids ?? [], () => Number.NaN)),
  ),
});

/** A policy whose first turn begins with an opening; the opening's ids count as its own, their log-probs are unknown. */
export const openingWith = (policy: Policy, opening: Opening): Policy => ({
  ...policy,
  generate: async (requests, signal) => {
    const isFirst = requests.map(({ context }) => context.segments.length === 0);
    const asked = requests.map((request, i) => {
      const { context, options } = request;
      if (!isFirst[i] || opening.ids.length === 0) return request;
      const segments = [{ source: 'policy' as const, ...opening, logprobs: null }];
      const maxTokens = Math.max(1, options.maxTokens - opening.ids.length);
      return { context: { ...context, segments }, options: { ...options, maxTokens } };
    });
    const generations = await policy.generate(asked, signal);
    return generations.map((rest, i) => (isFirst[i] ? begun(opening, rest) : rest));
  },
});

/** The ids of a way, whose last must be a token of its own: else no place in a rollout can be told to be a decision. */
const wayIds = (policy: Policy, markup: string): Int32Array => {
  const ids = policy.encode(markup, 'markup');
  const plain = policy.encode(markup, 'content');
  if (ids && ids.length > 0 && plain && ids.at(-1) !== plain.at(-1)) return ids;
  throw new RangeError(
    `${JSON.stringify(markup)} does not end in a special token of ${policy.name}; branching needs one`,
  );
};

/**
 * What a rollout wrote before its first decision, be it to act or to conclude; white space before it belongs to the
 * decision. null where there is none, or the policy exposes no ids.
 */
export const prefixOf = (
  { tokens }: Rollout,
  policy: Pick<Policy, 'decode'>,
  decisions: readonly number[],
): Opening | null => {
  if (tokens === null) return null;
  const begin = tokens.promptMask.indexOf(0);
  if (begin < 0) return null;
  const at = tokens.ids.findIndex((id, i) => i >= begin && decisions.includes(id));
  if (at < 0) return null;
  let end = at;
  while (end > begin && policy.decode(tokens.ids.slice(end - 1, end)).trim() === '') end -= 1;
  const ids = tokens.ids.slice(begin, end);
  return { text: policy.decode(ids), ids };
};

const distinct = (openings: readonly Opening[], most: number): Opening[] =>
  [...new Map(openings.map((opening) => [opening.ids.join(), opening])).values()].slice(0, most);

const joined = (a: Opening, b: Opening): Opening => ({
  text: a.text + b.text,
  ids: Int32Array.of(...a.ids, ...b.ids),
});

/** Rollouts of one question from one prefix: with the tool, and without (where a further action is not carried out). */
const branchesOf = async (
  setting: RolloutSetting,
  task: Task,
  prefix: Opening,
  { ways, width }: BranchOptions,
): Promise<Rollout[]> => {
  const { policy, options } = setting;
  const from = (way: 'act' | 'conclude') => {
    const opening = joined(prefix, { text: ways[way], ids: wayIds(policy, ways[way]) });
    const tasks = Array.from({ length: width }, (_, member) => ({
      question: task.question,
      seed: deriveSeed(task.seed, 'branch', way, prefix.text, member),
    }));
    const horizon = way === 'act' ? options.horizon : 0;
    const branched = { ...setting, policy: openingWith(policy, opening) };
    return rolloutBatch({ ...branched, options: { ...options, horizon } }, tasks);
  };
  const [acting, concluding] = await Promise.all([from('act'), from('conclude')]);
  return [...acting, ...concluding];
};

/**
 * Rollouts for contrastive pairs that share more than the prompt: a few free ones, then from what they wrote before
 * their first decision both ways on, the deciding tokens forced and everything after them sampled. The forced tokens count
 * as the policy's, in both branches alike, because they are what a pair teaches. Needs a policy that exposes ids and can
 * go on from the middle of a turn, as a language model can; tags must be its special tokens.
 * @returns all rollouts: by task the free ones, then by prefix those that act and those that conclude
 */
export const branchRollouts = async (
  setting: RolloutSetting,
  tasks: readonly Task[],
  options: BranchOptions,
): Promise<Rollout[]> => {
  const { policy } = setting;
  const decisions = [options.ways.act, options.ways.conclude].map((m) => wayIds(policy, m).at(-1)!);
  const ofTask = async (task: Task): Promise<Rollout[]> => {
    const members = Array.from({ length: options.free }, (_, member) => ({
      question: task.question,
      seed: deriveSeed(task.seed, 'free', member),
    }));
    const free = await rolloutBatch(setting, members);
    const found = free.flatMap((rollout) => prefixOf(rollout, policy, decisions) ?? []);
    const prefixes = distinct(found, options.prefixes);
    const branches = await Promise.all(
      prefixes.map((prefix) => branchesOf(setting, task, prefix, options)),
    );
    return [...free, ...branches.flat()];
  };
  return (await Promise.all(tasks.map(ofTask))).flat();
};
