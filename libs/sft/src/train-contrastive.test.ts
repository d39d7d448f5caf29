import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRng } from '@coa/core';
import { createModel, disposeModel, type Model, packSequences, tokenLogprobs } from '@coa/model';
import { lossMask, rolloutBatch } from '@coa/rollout';
import { afterAll, describe, expect, test } from 'vitest';
import { contrastivePairs } from './contrastive-pairs.ts';
import { sequenceLogprob } from './losses.ts';
import type { ContrastivePair } from './pair-candidates.ts';
import { isRight } from './rejection.ts';
import { endOfTurnIds } from './synthesize.ts';
import { teacherInTokensOf } from './teacher-tokens.ts';
import {
  openStudent,
  options,
  type Person,
  people,
  protocol,
  questionOf,
  rememberingTeacher,
  type Student,
  searchingTeacher,
  searchOf,
  tickingClock,
  trainConfig,
  weightsOf,
} from './toy-world.test-data.ts';
import {
  type ContrastiveConfig,
  type ContrastiveReport,
  trainContrastive,
} from './train-contrastive.ts';
import type { TrainServices } from './train-steps.ts';

const folder = mkdtempSync(join(tmpdir(), 'coa-contrastive-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Who is remembered shows in the first name; of the others, and in passages on the first, only wrong towns are found. */
const isKnown = ({ name }: Person): boolean => name < 'M';

const pairsFor = async (
  { policy }: Student,
  world: readonly Person[],
): Promise<ContrastivePair[]> => {
  const rng = seededRng(5);
  const wrong = new Map(
    world.map(({ name, town }) => {
      const others = world.filter((other) => other.town !== town);
      return [name, others[Math.floor(rng() * others.length)]!.town];
    }),
  );
  const town = new Map(world.map((person) => [person.name, person.town]));
  const known = new Set(world.filter(isKnown).map(({ name }) => name));
  const memory = rememberingTeacher((name) => (known.has(name) ? town : wrong).get(name)!);
  const misleading = searchOf(
    world,
    (person) =>
      `${person.name} was born in ${isKnown(person) ? wrong.get(person.name) : person.town}.`,
  );
  const tasks = world.map((person, seed) => ({ question: questionOf(person), seed }));
  const teachers = [searchingTeacher(), memory].map((teacher) =>
    teacherInTokensOf(teacher, policy, { protocol, tokensPerToken: 8, prompt: (p) => p }),
  );
  const rollouts = await Promise.all(
    teachers.map((teacher) =>
      rolloutBatch({ policy: teacher, environment: misleading, protocol, options }, tasks),
    ),
  );
  const end = endOfTurnIds(policy, '<|im_end|>');
  const limits = { maxTokens: 400, minShared: 1, perQuestion: 1, balance: true, most: null };
  const set = contrastivePairs(rollouts.flat(), { ...limits, isRight, endOfTurn: end, seed: 1 });
  expect(set.counts['tool-right']).toBe(set.counts['memory-right']);
  return set.pairs;
};

const student = await openStudent(people(1));
const pairs = (await pairsFor(student, people(60))).slice(0, 20);

const config: ContrastiveConfig = {
  ...trainConfig,
  epochs: 2,
  alpha: 0.2,
  pairsPerStep: 6,
  microBatchTokens: 300,
};

const trained = async (
  changes: Partial<ContrastiveConfig> = {},
  services: Partial<TrainServices<ContrastiveReport>> = {},
) => {
  const model = createModel(student.model.config, 1);
  const reports: ContrastiveReport[] = [];
  const onStep = (report: ContrastiveReport) => reports.push(report);
  const given = { checkpoint: null, now: tickingClock(), onStep, ...services };
  const result = await trainContrastive(model, pairs, { ...config, ...changes }, given);
  const weights = weightsOf(model);
  disposeModel(model);
  return { result, reports, weights };
};

/** P(x|c) of one way on, scored alone: by hand, without the trainer. */
const logprobOf = (model: Model, pair: ContrastivePair, way: 'chosen' | 'rejected'): number => {
  const { context } = pair;
  const ids = Int32Array.of(...context, ...pair[way].ids);
  const wanted = Uint8Array.from(ids, (_, i) => Number(i >= context.length));
  const logprobs = tokenLogprobs(model, packSequences([{ ids, wanted }]));
  return sequenceLogprob(logprobs, lossMask(pair[way], { maskObservations: true }));
};

test('two runs give the same bytes and the same reports', async () => {
  const first = await trained();
  expect(await trained()).toEqual(first);
  expect((await trained({ alpha: 0 })).weights).not.toEqual(first.weights);
});

test('broken off and resumed equals the unbroken run bit for bit', async () => {
  const unbroken = await trained();
  const checkpoint = { file: join(folder, 'run.safetensors'), every: 2 };
  const stop = new AbortController();
  const onStep = ({ step }: ContrastiveReport): void => {
    if (step === 3) stop.abort();
  };
  const broken = await trained({}, { checkpoint, onStep, signal: stop.signal });
  expect(broken.result).toEqual({ step: 3, finished: false });
  const resumed = await trained({}, { checkpoint });
  expect(resumed.reports).toEqual(unbroken.reports.slice(3));
  expect(resumed.weights).toEqual(unbroken.weights);
  await expect(trained({ alpha: 0.3 }, { checkpoint })).rejects.toThrow(/another recipe/);
});

describe('reports', () => {
  test('the first step is what the untrained model makes of those pairs, observations left out', async () => {
    const { reports } = await trained({ pairsPerStep: 20, epochs: 1 });
    const model = createModel(student.model.config, 1);
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const chosen = mean(pairs.map((pair) => logprobOf(model, pair, 'chosen')));
    const rejected = mean(pairs.map((pair) => logprobOf(model, pair, 'rejected')));
    disposeModel(model);
    const [first] = reports as [ContrastiveReport];
    expect(first.pairs).toBe(20);
    expect(first.chosenLogprob).toBeCloseTo(chosen, 4);
    expect(first.rejectedLogprob).toBeCloseTo(rejected, 4);
    expect(first.margin).toBeCloseTo(chosen - rejected, 4);
    expect(first.auxiliary).toBeCloseTo(-0.2 * chosen, 4);
    expect(first.loss).toBeCloseTo(first.contrastive + first.auxiliary, 4);
  });

  test('the last step of a run may be short; its loss is the mean over its own pairs', async () => {
    const { reports } = await trained({ epochs: 1 });
    expect(reports.map((report) => report.pairs)).toEqual([6, 6, 6, 2]);
    for (const { loss, contrastive, auxiliary } of reports)
      expect(contrastive + auxiliary).toBeCloseTo(loss, 4);
  });
});

test('misuse is refused with its values', async () => {
  await expect(trained({ alpha: -1 })).rejects.toThrow('alpha is -1');
  const services = { checkpoint: null, now: tickingClock() };
  const [pair] = pairs as [ContrastivePair];
  const { id } = pair.question;
  const run = (changed: Partial<ContrastivePair>) =>
    trainContrastive(student.model, [{ ...pair, ...changed }], config, services);
  await expect(run({ context: new Int32Array() })).rejects.toThrow(`pair of ${id} has an empty`);
  await expect(run({ context: new Int32Array(500) })).rejects.toThrow(/the model has 400/);
  const observed = { ...pair.chosen, observationMask: pair.chosen.observationMask.map(() => 1) };
  await expect(run({ chosen: observed })).rejects.toThrow(/without a policy token/);
});

test('a nano model learns when to use the tool, for people it never saw; what is chosen does not collapse', async () => {
  const everyone = people(700, 3);
  const pupil = await openStudent(everyone, { width: 64, layers: 2 });
  const taught = await pairsFor(pupil, everyone.slice(0, 600));
  const unseen = await pairsFor(pupil, everyone.slice(600));
  const reports: ContrastiveReport[] = [];
  await trainContrastive(
    pupil.model,
    taught,
    { ...config, epochs: 6, pairsPerStep: 16, microBatchTokens: 10_000 },
    { checkpoint: null, now: tickingClock(), onStep: (report) => reports.push(report) },
  );
  const held = unseen.map((pair) => ({
    chosen: logprobOf(pupil.model, pair, 'chosen'),
    rejected: logprobOf(pupil.model, pair, 'rejected'),
  }));
  const last = reports.slice(-20);
  const lastMean = (of: (report: ContrastiveReport) => number): number =>
    last.reduce((sum, report) => sum + of(report), 0) / last.length;
  // indifference costs ln 2 = 0.693 and prefers one in two
  expect(reports[0]!.contrastive).toBeCloseTo(Math.LN2, 1);
  expect(lastMean(({ contrastive }) => contrastive)).toBeLessThan(0.1);
  expect(held.length).toBeGreaterThan(60);
  const preferred = held.filter(({ chosen, rejected }) => chosen > rejected);
  expect(preferred.length / held.length).toBeGreaterThan(0.85);
  // without the auxiliary term both fall from -6.3 to about -7 and below
  expect(lastMean(({ chosenLogprob }) => chosenLogprob)).toBeGreaterThan(-1.5);
  disposeModel(pupil.model);
}, 60_000);
