import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, disposeModel } from '@coa/model';
import { rolloutBatch } from '@coa/rollout';
import { afterAll, describe, expect, test } from 'vitest';
import type { SftExample } from './examples.ts';
import { isRight } from './rejection.ts';
import { collectExamples, synthesize } from './synthesize.ts';
import {
  openStudent,
  options,
  people,
  protocol,
  questionOf,
  type Student,
  searchingTeacher,
  searchOf,
  tickingClock,
  trainConfig,
  weightsOf,
} from './toy-world.test-data.ts';
import { type SftConfig, type SftReport, trainSft } from './train-sft.ts';
import type { TrainServices } from './train-steps.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-sft-'));
afterAll(() => rmSync(folder, { recursive: true }));

const examplesFor = async (
  { policy }: Student,
  world: ReturnType<typeof people>,
): Promise<SftExample[]> => {
  const outcomes = synthesize({
    teacher: searchingTeacher(),
    student: policy,
    environment: searchOf(world),
    protocol,
    questions: world.map(questionOf),
    options,
    kind: 'coa',
    keep: isRight,
    maxTokens: 400,
    endOfTurn: '<|im_end|>',
    attempts: 1,
    concurrency: 16,
    seed: 1,
    teacherTokensPerToken: 8,
  });
  return (await collectExamples(outcomes)).examples;
};

const world = people(10);
const student = await openStudent(world);
const examples = await examplesFor(student, world);
const longest = Math.max(...examples.map(({ tokens }) => tokens.ids.length));

const config: SftConfig = {
  ...trainConfig,
  epochs: 2,
  tokensPerStep: 4 * longest,
  microBatchTokens: 2 * longest,
  maskObservations: true,
  observationWeight: 1,
};

const trained = async (
  changes: Partial<SftConfig> = {},
  services: Partial<TrainServices<SftReport>> = {},
) => {
  const model = createModel(student.model.config, 1);
  const reports: SftReport[] = [];
  const given = {
    checkpoint: null,
    now: tickingClock(),
    onStep: (r: SftReport) => reports.push(r),
  };
  const result = await trainSft(
    model,
    examples,
    { ...config, ...changes },
    { ...given, ...services },
  );
  const weights = weightsOf(model);
  disposeModel(model);
  return { result, reports, weights };
};

test('two runs give the same bytes and the same reports', async () => {
  const first = await trained();
  const second = await trained();
  expect(second).toEqual(first);
  const other = await trained({ seed: 8 });
  expect(other.weights).not.toEqual(first.weights);
});

test('broken off and resumed equals the unbroken run bit for bit', async () => {
  const unbroken = await trained();
  const checkpoint = { file: join(folder, 'run.safetensors'), every: 2 };
  const stop = new AbortController();
  const onStep = ({ step }: SftReport): void => {
    if (step === 3) stop.abort();
  };
  const broken = await trained({}, { checkpoint, onStep, signal: stop.signal });
  expect(broken.result).toEqual({ step: 3, finished: false });
  expect(existsSync(checkpoint.file)).toBe(true);
  const resumed = await trained({}, { checkpoint });
  expect(resumed.result).toEqual(unbroken.result);
  expect(resumed.reports).toEqual(unbroken.reports.slice(3));
  expect(resumed.weights).toEqual(unbroken.weights);
});

test('a checkpoint of other data or settings is refused', async () => {
  const checkpoint = { file: join(folder, 'other.safetensors'), every: 2 };
  await trained({}, { checkpoint });
  await expect(trained({ maskObservations: false }, { checkpoint })).rejects.toThrow(
    /another recipe/,
  );
  const model = createModel(student.model.config, 1);
  const services = { checkpoint, now: tickingClock() };
  await expect(trainSft(model, [...examples].reverse(), config, services)).rejects.toThrow(
    /another recipe/,
  );
  disposeModel(model);
});

describe('reports', () => {
  test('stage 2: policy tokens alone; tokens, epochs and speed', async () => {
    const { reports, result } = await trained();
    const all = examples.reduce((sum, { tokens }) => sum + tokens.ids.length, 0);
    expect(reports).toHaveLength(result.step);
    expect(reports.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(2 * all);
    expect(reports.reduce((sum, { sequences }) => sum + sequences, 0)).toBe(20);
    expect(reports.at(-1)).toMatchObject({ steps: result.step, epoch: 2, observationLoss: null });
    for (const { loss, policyLoss, tokens, tokensPerSecond } of reports) {
      expect(policyLoss).toBeCloseTo(loss, 4);
      // the clock ticks once, a millisecond, between the start of a step and its end
      expect(tokensPerSecond).toBeCloseTo(1000 * tokens, 6);
    }
  });

  test('stage 3: the loss is the weighted mean of its parts', async () => {
    const { reports } = await trained({ maskObservations: false, observationWeight: 0.5 });
    const masked = await trained();
    const [first] = reports as [SftReport];
    const policyTokens = masked.reports[0]!.lossTokens;
    const observed = first.lossTokens - policyTokens;
    expect(observed).toBeGreaterThan(0);
    const weighted =
      (first.policyLoss! * policyTokens + 0.5 * first.observationLoss! * observed) /
      (policyTokens + 0.5 * observed);
    expect(first.loss).toBeCloseTo(weighted, 4);
    expect(first.policyLoss).toBeCloseTo(masked.reports[0]!.policyLoss!, 4);
    // what an observation weighs changes what is learnt
    expect(reports.at(-1)!.policyLoss).not.toBe(masked.reports.at(-1)!.policyLoss);
  });

  test('an observation weight of 0 is the mask', async () => {
    const zero = await trained({ maskObservations: false, observationWeight: 0 });
    expect(zero.weights).toEqual((await trained()).weights);
  });

  test('micro-batches change rounding alone', async () => {
    const whole = await trained({ microBatchTokens: 100 * longest });
    const parts = await trained({ microBatchTokens: 1 });
    for (const [i, { loss }] of whole.reports.entries())
      expect(parts.reports[i]!.loss).toBeCloseTo(loss, 3);
  });
});

test('examples that cannot be learnt from are refused by name', async () => {
  const model = createModel({ ...student.model.config, positions: 50 }, 1);
  const services = { checkpoint: null, now: tickingClock() };
  const { id } = examples[0]!.question;
  const { length } = examples[0]!.tokens.ids;
  await expect(trainSft(model, examples, config, services)).rejects.toThrow(
    `example ${id} has ${length} tokens; the model has 50`,
  );
  const given = { ...examples[0]!.tokens, promptMask: new Uint8Array(length).fill(1) };
  await expect(
    trainSft(student.model, [{ ...examples[0]!, tokens: given }], config, services),
  ).rejects.toThrow(`example ${id} has no token that enters the loss`);
  disposeModel(model);
});

test('an untaught nano model learns to search, to read and to stop, for people it never saw', async () => {
  const everyone = people(1_020, 9);
  const [taught, unseen] = [everyone.slice(0, 1_000), everyone.slice(1_000)];
  const pupil = await openStudent(everyone, { width: 128, layers: 2 });
  const data = await examplesFor(pupil, taught);
  const losses: number[] = [];
  const learning = { ...config, epochs: 9, tokensPerStep: 2_000, microBatchTokens: 4_000 };
  await trainSft(
    pupil.model,
    data,
    { ...learning, schedule: { ...config.schedule, peak: 4e-3 } },
    {
      checkpoint: null,
      now: tickingClock(),
      onStep: ({ policyLoss }) => losses.push(policyLoss ?? Number.NaN),
    },
  );
  pupil.policy.refresh();
  const rollouts = await rolloutBatch(
    { policy: pupil.policy, environment: searchOf(everyone), protocol, options },
    unseen.map((person, seed) => ({ question: questionOf(person), seed })),
  );
  // all but the names can be known by heart; who cannot copy them pays about 0.85 nats a token
  expect(losses[0]).toBeGreaterThan(5.5);
  expect(losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20).toBeLessThan(0.1);
  // a guess finds one town in a hundred; an answer that does not stop is forced
  const right = rollouts.filter(
    ({ trajectory }) => trajectory.stop === 'answered' && isRight(trajectory),
  );
  expect(right.length).toBeGreaterThanOrEqual(17);
  disposeModel(pupil.model);
}, 120_000);
