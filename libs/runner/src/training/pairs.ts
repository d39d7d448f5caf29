import { type AtlasQuestion, openAtlas, plannerPolicy } from '@coa/atlas';
import { deriveSeed, type Rollout } from '@coa/core';
import { rolloutBatch } from '@coa/rollout';
import { type ContrastivePair, contrastivePairs, endOfTurnIds, isRight } from '@coa/sft';
import { type DataSetting, drawTraining, endOfTurn, told, trainedProtocol } from './examples.ts';
import type { Stage } from './recipe.ts';

/** Questions worked on together. */
const block = 250;

/** Who answers, how and where: from memory twice, with the tool by a careful teacher and by a hasty one. */
const waysOf = (
  asked: readonly AtlasQuestion[],
  { policy, environment, withoutTools, limits, signal }: DataSetting,
) => {
  const world = openAtlas();
  const teacher = (hasty: boolean) =>
    plannerPolicy({ world, questions: asked, student: policy, form: 'coa', hasty });
  const common = { protocol: trainedProtocol('coa'), signal };
  const memory = {
    ...common,
    policy,
    environment: withoutTools,
    options: { ...limits, horizon: 0 },
  };
  const tool = { ...common, environment, options: limits };
  return [
    ['first', memory],
    ['second', memory],
    ['careful', { ...tool, policy: teacher(false) }],
    ['hasty', { ...tool, policy: teacher(true) }],
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

/** Pairs that share a prefix and differ in whether the tool is used and in the outcome. */
export const makePairs = async (
  stage: Stage & { readonly kind: 'contrastive' },
  setting: DataSetting,
): Promise<ContrastivePair[]> => {
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
  return pairs;
};
