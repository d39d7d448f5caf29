import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { atlasSets, buildWorld, drawQuestions, plannerPolicy, type World } from '@coa/atlas';
import { nativeObstacle, openCompute } from '@coa/compute';
import type { Environment } from '@coa/core';
import { type GrpoReport, paperReward, trainGrpo } from '@coa/grpo';
import { disposeModel, loadModel, type Model, modelPolicy } from '@coa/model';
import { collectExamples, isRight, synthesize, trainSft } from '@coa/sft';
import { loadTokenizer } from '@coa/tokenizer';
import { ensureIndex, localRetriever } from '@coa/tools';
import { afterAll, expect, test } from 'vitest';
import { searchEnvironment } from '../environments.ts';
import { atlasLimits, atlasRl, atlasSearch, sft2 } from './atlas-recipes.ts';
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

const teach = async (model: Model, policy: OpenPolicy, environment: Environment): Promise<void> => {
  const teacher = plannerPolicy({ world, questions: asked, student: policy, form: 'coa' });
  const { examples } = await collectExamples(
    synthesize({
      teacher,
      student: policy,
      environment,
      protocol,
      questions,
      options: atlasLimits,
      kind: 'coa',
      keep: isRight,
      maxTokens: atlasLimits.contextTokens,
      endOfTurn,
      attempts: 1,
      concurrency: 130,
      seed: 1,
    }),
  );
  await trainSft(
    model,
    examples,
    { ...sft2.config, epochs: 3, seed: 1, tokensPerStep: 6_000 },
    { checkpoint: null, now: () => 0 },
  );
};

const reinforce = async (model: Model, policy: OpenPolicy, environment: Environment) => {
  const rewards: number[] = [];
  const { config } = atlasRl('RL', { simulated: 0, real: 0 });
  const task = {
    policy,
    protocol,
    options: { ...atlasLimits, temperature: 1 },
    questions,
    reward: paperReward(0.1),
    environmentAt: () => ({ kind: 'real', environment }) as const,
    reference: null,
    recipe: 'end to end',
  };
  const services = {
    checkpoint: null,
    now: () => 0,
    onStep: ({ reward }: GrpoReport) => rewards.push(reward),
  };
  await trainGrpo(
    model,
    task,
    { ...config, batches: 12, seed: 1, schedule: { ...config.schedule, peak: 3e-4 } },
    services,
  );
  return rewards;
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test('from the base model through SFT to GRPO on a small world, the reward rises above 0.7', {
  timeout: 240_000,
}, async () => {
  const model = loadModel(base);
  const policy = openPolicy(model);
  const environment = await openSearch(world, policy);
  await teach(model, policy, environment);
  policy.refresh();
  const rewards = await reinforce(model, policy, environment);
  expect(meanOf(rewards.slice(-3))).toBeGreaterThan(0.7);
  expect(meanOf(rewards.slice(-3))).toBeGreaterThan(meanOf(rewards.slice(0, 3)));
  await policy.close();
  disposeModel(model);
});
