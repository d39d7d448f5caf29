import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { atlasSets, buildWorld, drawQuestions, plannerPolicy, type World } from '@coa/atlas';
import { nativeObstacle, openCompute } from '@coa/compute';
import type { Environment, Rollout } from '@coa/core';
import { type GrpoReport, paperReward, trainGrpo } from '@coa/grpo';
import { disposeModel, loadModel, type Model, modelPolicy } from '@coa/model';
import { rolloutBatch } from '@coa/rollout';
import {
  type ContrastiveReport,
  collectExamples,
  contrastivePairs,
  endOfTurnIds,
  isRight,
  type SftConfig,
  type SftExample,
  type SftReport,
  synthesize,
  trainContrastive,
  trainSft,
} from '@coa/sft';
import { loadTokenizer } from '@coa/tokenizer';
import { ensureIndex, localRetriever } from '@coa/tools';
import { afterAll, describe, expect, test } from 'vitest';
import { searchEnvironment } from '../environments.ts';
import { atlasLimits, atlasRl, atlasSearch, sft1, sft2, sft3 } from './atlas-recipes.ts';
import { endOfTurn, trainedProtocol } from './examples.ts';

const base = resolve(import.meta.dirname, '../../../../datasets/atlas/base');
const folder = mkdtempSync(join(tmpdir(), 'coa-end-to-end-'));
afterAll(() => rmSync(folder, { recursive: true }));

await openCompute({ backend: nativeObstacle() === null ? 'native' : 'wasm' });

/** A world of 200 entities that has nothing to do with Atlas. */
const world = buildWorld(7, [{ split: 'train', known: false, entities: 200 }]);
const asked = drawQuestions(world, atlasSets[0]!, { split: 'train', known: false, count: 260 });
const questions = asked.map(({ question }) => question);
const protocol = trainedProtocol('coa');

const openPolicy = (model: Model) =>
  modelPolicy({
    model,
    tokenizer: loadTokenizer(readFileSync(join(base, 'tokenizer.json'), 'utf8')),
    name: 'nano',
    fingerprint: 'nano',
    contextTokens: atlasLimits.contextTokens,
    cacheBytes: 2 ** 27,
  });
type OpenPolicy = ReturnType<typeof openPolicy>;

const openSearch = async ({ passages }: World, policy: OpenPolicy): Promise<Environment> => {
  const index = await ensureIndex({
    passages: () => passages,
    sourceFingerprint: 'world 7',
    file: join(folder, 'world.idx'),
  });
  return searchEnvironment(localRetriever(index), policy, { ...atlasSearch, ...atlasLimits });
};

type Place = {
  readonly model: Model;
  readonly policy: OpenPolicy;
  readonly environment: Environment;
};
const services = { checkpoint: null, now: () => 0 };

const planner = (student: OpenPolicy, form: 'coa' | 'recall', hasty = false) =>
  plannerPolicy({ world, questions: asked, student, form, hasty });

/** Rollouts with the tool and without it, right and wrong ones of each: what the graph says, what it misleads to, what the base believes. */
const contrasted = async ({ policy, environment }: Place) => {
  const tool = { environment, options: atlasLimits };
  const memory = { environment, options: { ...atlasLimits, horizon: 0 } };
  const ways = [
    { ...tool, policy: planner(policy, 'coa') },
    { ...tool, policy: planner(policy, 'coa', true) },
    { ...memory, policy: planner(policy, 'recall') },
    { ...memory, policy },
  ];
  const tasks = questions.slice(0, 100).map((question) => ({ question, seed: 1 }));
  const rollouts: Rollout[] = [];
  for (const way of ways) rollouts.push(...(await rolloutBatch({ ...way, protocol }, tasks)));
  return rollouts;
};

/** SFT-1: when to act. */
const contrast = async (place: Place): Promise<ContrastiveReport[]> => {
  const { model, policy } = place;
  const { pairs } = contrastivePairs(await contrasted(place), {
    ...{
      isRight,
      endOfTurn: endOfTurnIds(policy, endOfTurn),
      maxTokens: atlasLimits.contextTokens,
    },
    ...{ minShared: 0, perQuestion: 1, balance: true, most: 64, seed: 1 },
  });
  const reports: ContrastiveReport[] = [];
  const onStep = (report: ContrastiveReport) => reports.push(report);
  await trainContrastive(model, pairs, { ...sft1.config, seed: 1 }, { ...services, onStep });
  policy.refresh();
  return reports;
};

const examplesOf = async ({ policy, environment }: Place) => {
  const { examples } = await collectExamples(
    synthesize({
      teacher: planner(policy, 'coa'),
      ...{ student: policy, environment, protocol, questions, options: atlasLimits, endOfTurn },
      ...{ kind: 'coa', keep: isRight, maxTokens: atlasLimits.contextTokens },
      ...{ attempts: 1, concurrency: 130, seed: 1 },
    }),
  );
  return examples;
};

/** SFT-2 and SFT-3: how to act, then what the environment answers. */
const teach = async (
  { model, policy }: Place,
  examples: readonly SftExample[],
  config: Omit<SftConfig, 'seed'>,
): Promise<SftReport[]> => {
  const reports: SftReport[] = [];
  const onStep = (report: SftReport) => reports.push(report);
  const small = { ...config, seed: 1, tokensPerStep: 6_000 };
  await trainSft(model, examples, small, { ...services, onStep });
  policy.refresh();
  return reports;
};

const reinforce = async ({ model, policy, environment }: Place): Promise<number[]> => {
  const rewards: number[] = [];
  const { config } = atlasRl('RL', { simulated: 0, real: 0 });
  const task = {
    ...{ policy, protocol, questions, reference: null, recipe: 'end to end' },
    options: { ...atlasLimits, temperature: 1 },
    reward: paperReward(0.1),
    environmentAt: () => ({ kind: 'real', environment }) as const,
  };
  const onStep = ({ reward }: GrpoReport) => rewards.push(reward);
  await trainGrpo(model, task, { ...config, batches: 12, seed: 1 }, { ...services, onStep });
  return rewards;
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Means of the first and of the last of the values, so many each. */
const ends = (values: readonly number[], count: number) => ({
  first: meanOf(values.slice(0, count)),
  last: meanOf(values.slice(-count)),
});

/** The work with the base model, opened anew, and the search tool over the small world. */
const fromBase = async (work: (place: Place) => Promise<void>): Promise<void> => {
  const model = loadModel(base);
  const policy = openPolicy(model);
  await work({ model, policy, environment: await openSearch(world, policy) });
  await policy.close();
  disposeModel(model);
};

/** Each bound is one that a broken gradient cannot meet. */
describe('from the base model on a small world', { timeout: 900_000 }, () => {
  test('SFT-1: the contrastive loss of a second pass is less than three quarters of the first’s', () =>
    fromBase(async (place) => {
      const losses = (await contrast(place)).map(({ contrastive }) => contrastive);
      const { first, last } = ends(losses, losses.length / 2);
      expect(last).toBeLessThan(0.75 * first);
    }));

  test('SFT-3: the loss of observations falls by more than 40 per cent', () =>
    fromBase(async (place) => {
      const schedule = { ...sft3.config.schedule, peak: 1e-3 };
      const config = { ...sft3.config, observationWeight: 1, schedule };
      const reports = await teach(place, await examplesOf(place), config);
      const { first, last } = ends(
        reports.map(({ observationLoss }) => observationLoss!),
        2,
      );
      expect(last).toBeLessThan(0.6 * first);
    }));

  test('SFT-2, then GRPO: the loss of what the policy writes falls below a quarter, the reward rises above 0.7', () =>
    fromBase(async (place) => {
      const reports = await teach(place, await examplesOf(place), { ...sft2.config, epochs: 3 });
      const losses = ends(
        reports.map(({ policyLoss }) => policyLoss!),
        3,
      );
      expect(losses.last).toBeLessThan(0.25 * losses.first);
      const { first, last } = ends(await reinforce(place), 3);
      expect(last).toBeGreaterThan(0.7);
      expect(last).toBeGreaterThan(first);
    }));
});
