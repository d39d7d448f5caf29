import { type AtlasQuestion, openAtlas, plannerPolicy } from '@coa/atlas';
import { deriveSeed, type Policy, type Rollout } from '@coa/core';
import { rolloutBatch } from '@coa/rollout';
import {
  type ContrastivePair,
  contrastivePairs,
  endOfTurnIds,
  isRight,
  teacherInTokensOf,
} from '@coa/sft';
import {
  type DataNumbers,
  type DataSetting,
  drawTraining,
  endOfTurn,
  named,
  told,
  trainedProtocol,
} from './examples.ts';
import type { Stage } from './recipe.ts';
import { teacherPrompt } from './teachers.ts';

/** Questions worked on together. */
const block = 250;

/** Who acts, by the way that it is called: a policy tries twice, the planner is careful and then hasty. */
const actorsOf = (
  asked: readonly AtlasQuestion[],
  { policy: student, teacher }: DataSetting,
): readonly (readonly [way: string, policy: Policy])[] => {
  if (teacher === null) {
    const planner = { world: openAtlas(), questions: asked, student, form: 'coa' } as const;
    return [
      ['careful', plannerPolicy({ ...planner, hasty: false })],
      ['hasty', plannerPolicy({ ...planner, hasty: true })],
    ];
  }
  const { tokensPerToken } = teacher;
  const prompt = teacherPrompt('coa', teacher);
  const acting = { protocol: trainedProtocol('coa'), tokensPerToken, prompt };
  const taught = teacherInTokensOf(teacher.policy, student, acting);
  return [
    ['first try', taught],
    ['second try', taught],
  ];
};

/** Who answers, how and where: from memory twice, with the tool by a teacher in two ways. */
const waysOf = (asked: readonly AtlasQuestion[], setting: DataSetting) => {
  const { policy, environment, withoutTools, limits, signal } = setting;
  const common = { protocol: trainedProtocol('coa'), signal };
  const options = { ...limits, horizon: 0 };
  const memory = { ...common, policy, environment: withoutTools, options };
  const tool = { ...common, environment, options: limits };
  return [
    ['first', memory],
    ['second', memory],
    ...actorsOf(asked, setting).map(([way, actor]) => [way, { ...tool, policy: actor }] as const),
  ] as const;
};

/** Rollouts of each question in every way. */
const contrasted = async (
  name: string,
  asked: readonly AtlasQuestion[],
  setting: DataSetting,
): Promise<Rollout[]> => {
  const ways = waysOf(asked, setting);
  const rollouts: Rollout[] = [];
  for (let from = 0; from < asked.length; from += block) {
    for (const [way, parts] of ways) {
      const tasks = asked.slice(from, from + block).map(({ question }) => ({
        question,
        seed: deriveSeed(setting.seed, way, question.id),
      }));
      rollouts.push(...(await rolloutBatch(parts, tasks)));
    }
    const done = Math.min(from + block, asked.length);
    setting.onProgress(`${name}: rollouts for pairs`, done, asked.length);
  }
  return rollouts;
};

/** Pairs that share a prefix and differ in whether the tool is used and in the outcome; and how they came about. */
export const makePairs = async (
  stage: Stage & { readonly kind: 'contrastive' },
  setting: DataSetting,
): Promise<{ readonly pairs: ContrastivePair[]; readonly numbers: DataNumbers }> => {
  const { policy, limits, seed, say } = setting;
  const asked = drawTraining(stage.source, 'contrastive', seed);
  const rollouts = await contrasted(stage.name, asked, setting);
  const { pairs, counts, rejections } = contrastivePairs(rollouts, {
    isRight,
    endOfTurn: endOfTurnIds(policy, endOfTurn),
    maxTokens: limits.contextTokens,
    minShared: 0,
    perQuestion: 1,
    balance: true,
    most: stage.pairs,
    seed,
  });
  say(`${stage.name}: pairs: ${told(counts)}; rejected: ${told(rejections)}`);
  const numbers = { ...named('data.pairs', counts), ...named('data.pairs.rejected', rejections) };
  return { pairs, numbers };
};
