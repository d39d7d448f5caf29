import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeModel } from '@coa/model';
import { afterAll, describe, expect, test } from 'vitest';
import {
  banditConfig,
  banditTask,
  lowLetters,
  nowhere,
  openModel,
  options,
  weightsOf,
} from './bandit.test-data.ts';
import { type GrpoConfig, releasedGrpo } from './config.ts';
import type { GrpoReport } from './report.ts';
import { sampleBatch, wantedOf } from './sample-batch.ts';
import { type GrpoServices, type GrpoTask, trainGrpo } from './train-grpo.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-grpo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (
  config: GrpoConfig,
  changes: Partial<GrpoTask> = {},
  services: Partial<GrpoServices> = {},
) => {
  const model = openModel();
  const reports: GrpoReport[] = [];
  const task = banditTask(model, changes);
  const onStep = (report: GrpoReport) => reports.push(report);
  try {
    await trainGrpo(model, task, config, { checkpoint: null, now: () => 0, onStep, ...services });
    return { reports, weights: weightsOf(model) };
  } finally {
    await task.policy.close();
    disposeModel(model);
  }
};

const meanReward = (reports: readonly GrpoReport[]): number =>
  reports.reduce((sum, { reward }) => sum + reward, 0) / reports.length;

const learning: GrpoConfig = {
  ...banditConfig,
  batches: 50,
  questionsPerBatch: 8,
  groupSize: 8,
  schedule: { ...banditConfig.schedule, peak: 1e-2 },
};

describe('learning', () => {
  test('the reward rises', { timeout: 60_000 }, async () => {
    const { reports } = await run(learning);
    const [first, last] = [meanReward(reports.slice(0, 3)), meanReward(reports.slice(-3))];
    expect(first).toBeLessThan(0.2);
    expect(last).toBeGreaterThan(first + 0.4);
  });

  test('with the reward turned round it falls', { timeout: 60_000 }, async () => {
    const { reports } = await run(learning, { reward: (trajectory) => -lowLetters(trajectory) });
    expect(meanReward(reports.slice(-3))).toBeGreaterThan(-0.05);
  });

  test('the released preset learns too, from several updates a batch', {
    timeout: 60_000,
  }, async () => {
    const config = { ...learning, ...releasedGrpo, batches: 25, updatesPerBatch: 2 };
    const reference = openModel();
    const { reports } = await run(config, { reference });
    disposeModel(reference);
    expect(meanReward(reports.slice(-4))).toBeGreaterThan(meanReward(reports.slice(0, 4)) + 0.3);
    const [first, second] = [reports.at(-2)!, reports.at(-1)!];
    expect([first.update, second.update]).toEqual([1, 2]);
    expect(first.largestRatio).toBeCloseTo(1, 3);
    expect(second.largestRatio).toBeGreaterThan(1.01);
    expect(first.kl).toBeGreaterThan(0);
    expect(second.rollouts).toEqual([]);
  });
});

describe('what a step reports', () => {
  test('ratios are 1 where the policy has not moved, and sampling agrees with training', async () => {
    const { reports } = await run(banditConfig);
    for (const { meanRatio, largestRatio } of reports) {
      expect(Math.abs(meanRatio - 1)).toBeLessThan(1e-5);
      expect(Math.abs(largestRatio - 1)).toBeLessThan(1e-4);
    }
    expect(reports.map(({ batch }) => batch)).toEqual([1, 2, 3]);
  });

  test('rollouts carry rewards and advantages that sum to 0 in each group', async () => {
    const { reports } = await run(banditConfig);
    const { rollouts } = reports[0]!;
    expect(rollouts).toHaveLength(16);
    for (const group of [0, 1, 2, 3]) {
      const members = rollouts.filter((rated) => rated.group === group);
      expect(members).toHaveLength(4);
      expect(members.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 10);
      expect(new Set(members.map(({ rollout }) => rollout.trajectory.question.id)).size).toBe(1);
    }
  });

  test('calls are counted as real or simulated, by batch', async () => {
    const counted: GrpoTask['environmentAt'] = (batch) => ({
      kind: batch === 1 ? 'simulated' : 'real',
      environment: nowhere,
    });
    const { reports } = await run(banditConfig, { environmentAt: counted });
    expect(reports.map(({ actions, realCalls }) => realCalls - 16 * actions)[1]).toBeCloseTo(0, 9);
    expect(reports[0]!.realCalls).toBe(0);
  });
});

describe('zero-variance groups', () => {
  const flat: Partial<GrpoTask> = { reward: ({ question }) => Number(question.id < '6') };

  test('mask: they stay, and where all are flat no weight moves', async () => {
    const { reports, weights } = await run(banditConfig, flat);
    expect(reports[0]).toMatchObject({ zeroVariance: 1, gradientNorm: 0, lossTokens: 0 });
    const untouched = openModel();
    expect(weights).toEqual(weightsOf(untouched));
  });

  test('resample: further questions are drawn until the batch is full, or none is left', async () => {
    const some: GrpoTask['reward'] = (trajectory) =>
      Number(trajectory.question.id) % 2 === 0 ? 0 : lowLetters(trajectory);
    const zeroVariance = { kind: 'resample', mostRounds: 3 } as const;
    const { reports } = await run({ ...banditConfig, zeroVariance }, { reward: some });
    const sampled = reports[0]!.rollouts.length / 4;
    expect(sampled).toBeGreaterThan(4);
    expect(sampled).toBeLessThanOrEqual(12);
    const ids = reports[0]!.rollouts.map(({ rollout }) => rollout.trajectory.question.id);
    expect(new Set(ids).size).toBe(sampled);
  });

  test('drop: the averages are over what is left', async () => {
    const some: GrpoTask['reward'] = (trajectory) =>
      Number(trajectory.question.id) % 2 === 0 ? 0 : lowLetters(trajectory);
    const norm = async (zeroVariance: GrpoConfig['zeroVariance']) =>
      (await run({ ...banditConfig, zeroVariance }, { reward: some })).reports[0]!.gradientNorm;
    const [masked, dropped] = [await norm({ kind: 'mask' }), await norm({ kind: 'drop' })];
    expect(dropped).toBeGreaterThan(masked * 1.2);
  });
});

describe('bytes', () => {
  const config = { ...banditConfig, ...releasedGrpo, kl: { ...releasedGrpo.kl, coefficient: 0 } };

  test('two runs give the same', async () => {
    expect((await run(config)).weights).toEqual((await run(config)).weights);
  });

  test('a run broken off after a batch and resumed gives those of an unbroken one', async () => {
    const twice = { ...config, updatesPerBatch: 2 };
    const checkpoint = { file: join(folder, 'run.safetensors'), everyBatches: 1 };
    const stop = new AbortController();
    const first = await run(
      twice,
      {},
      {
        checkpoint,
        signal: stop.signal,
        onStep: ({ step }) => {
          if (step === 1) stop.abort();
        },
      },
    );
    const { reports, weights } = await run(twice, {}, { checkpoint });
    expect(first.weights).not.toEqual(weights);
    expect(reports.map(({ step }) => step)).toEqual([3, 4, 5, 6]);
    expect(weights).toEqual((await run(twice)).weights);
  });

  test('micro-batches change rounding alone', async () => {
    const { weights: whole } = await run({ ...config, batches: 1, microBatchTokens: 10_000 });
    const { weights: parts } = await run({ ...config, batches: 1, microBatchTokens: 60 });
    const distance = Math.max(
      ...whole.flatMap((w, i) => [...w].map((value, j) => Math.abs(value - parts[i]![j]!))),
    );
    // one AdamW step moves a weight by at most the learning rate, 3e-3
    expect(distance).toBeLessThan(3e-3);
  });
});

describe('misuse and divergence', () => {
  test('sampling that training cannot score', async () => {
    const bad = { options: { ...options, topP: 0.9 } };
    await expect(run(banditConfig, bad)).rejects.toThrow('top-p 0.9');
  });

  test('a KL term without a reference', async () => {
    await expect(run({ ...banditConfig, ...releasedGrpo })).rejects.toThrow('no reference model');
  });

  test('fewer questions than a batch needs', async () => {
    await expect(run({ ...banditConfig, questionsPerBatch: 13 })).rejects.toThrow('12 questions');
  });

  test('a collapse of the rewards stops the run with a reason', async () => {
    let batch = 0;
    const environmentAt: GrpoTask['environmentAt'] = (at) => {
      batch = at;
      return { kind: 'real', environment: nowhere };
    };
    const reward = () => (batch <= 2 ? 1 : 0.1);
    const config = { ...banditConfig, batches: 6, collapse: { window: 2, share: 0.5 } };
    await expect(run(config, { reward, environmentAt })).rejects.toThrow(
      'batch 4: the mean reward',
    );
  });
});

test('tokens of an observation are in no rollout’s loss, whoever wrote them', async () => {
  const model = openModel();
  const task = banditTask(model);
  const config = { ...banditConfig, questionsPerBatch: 1, groupSize: 2 };
  const [rated] = (await sampleBatch(task, config, 1, { environment: nowhere, rng: () => 0 }))
    .sampled;
  const { rollout } = rated!;
  const observationMask = rollout.tokens!.promptMask.map((given, i) =>
    Number(given === 0 && i % 2),
  );
  const tokens = { ...rollout.tokens!, observationMask };
  const masked = wantedOf({ ...rollout, tokens }, config);
  const open = wantedOf({ ...rollout, tokens }, { ...config, maskObservations: false });
  expect(masked).toEqual(open.map((one, i) => Number(one === 1 && observationMask[i] === 0)));
  expect(masked).not.toEqual(open);
  await task.policy.close();
  disposeModel(model);
});

test('observations that are not masked enter the loss with the policy’s own log-probabilities', async () => {
  const protocol: GrpoTask['protocol'] = {
    ...banditTask(openModel()).protocol,
    parseTurn: (text) => ({
      steps: [{ kind: 'think', text }],
      move: { kind: 'act', action: { tool: 'search', input: 'x' } },
    }),
  };
  const config = { ...banditConfig, batches: 1, maskObservations: false };
  const changes = { protocol, reward: lowLetters };
  const { reports } = await run(config, changes);
  const masked = await run({ ...config, maskObservations: true }, changes);
  expect(reports[0]!.actions).toBeGreaterThan(0);
  expect(Number.isFinite(reports[0]!.loss)).toBe(true);
  expect(reports[0]!.lossTokens).toBeGreaterThan(masked.reports[0]!.lossTokens);
});
