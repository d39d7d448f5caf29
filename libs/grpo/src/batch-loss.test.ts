import type { CoaBackend } from '@coa/compute';
import {
  disposeModel,
  gradientsOf,
  type Model,
  packSequences,
  scoreTokens,
  tokenLogprobs,
} from '@coa/model';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { banditConfig, openModel } from './bandit.test-data.ts';
import { addParts, batchLoss, type KnownTokens, linearLoss, noParts } from './batch-loss.ts';
import type { GrpoConfig } from './config.ts';
import { updatesOf } from './micro-batches.ts';
import type { RatedRollout } from './sample-batch.ts';

const temperature = 0.8;
const clipped = { kind: 'clipped', low: 0.2, high: 0.2, dual: null } as const;
const k3 = (coefficient: number) => ({ estimator: 'k3', coefficient, clamp: 10 }) as const;
const configWith = (changes: Partial<GrpoConfig>): GrpoConfig => ({ ...banditConfig, ...changes });
const knownOf = (facts: Readonly<Record<keyof KnownTokens, number[] | null>>): KnownTokens => ({
  behaviour: Float32Array.from(facts.behaviour!),
  reference: facts.reference && Float32Array.from(facts.reference),
  advantages: Float32Array.from(facts.advantages!),
  weights: Float32Array.from(facts.weights!),
});

describe('by hand: three tokens', () => {
  // ratios 1, 1.25 (clipped: A > 0) and 1.25 (not clipped: A < 0); reference less policy -0.1, 0.1, 1
  const step = Math.log(1.25);
  const logprobs = [-1, -2 + step, -1 + step];
  const known = knownOf({
    behaviour: [-1, -2, -1],
    reference: [-1.1, logprobs[1]! + 0.1, logprobs[2]! + 1],
    advantages: [0.8, 1, -0.5],
    weights: [0.5, 0.25, 0.25],
  });
  const k = [0.0048374, 0.0051709, 0.7182818];
  const kSlope = [1 - Math.exp(-0.1), 1 - Math.exp(0.1), 1 - Math.E];
  const policy = [-0.8, -1.2, 0.625];
  const policySlope = [-0.8, 0, 0.625];

  test('clipped surrogate and 0.1 k3', () => {
    const config = configWith({ objective: clipped, kl: k3(0.1) });
    const { slopes, constant } = linearLoss(logprobs, known, config);
    let value = 0;
    for (const [i, weight] of known.weights.entries()) {
      expect(slopes[i]).toBeCloseTo(weight * (policySlope[i]! + 0.1 * kSlope[i]!), 6);
      value += weight * (policy[i]! + 0.1 * k[i]!);
    }
    const line = logprobs.reduce((sum, one, i) => sum + one * slopes[i]!, constant);
    expect(line).toBeCloseTo(value, 6);
  });

  test('the paper’s objective: - A log pi, no matter what sampling thought', () => {
    const { slopes, constant } = linearLoss(logprobs, known, configWith({}));
    expect([...slopes]).toEqual([-0.4, -0.25, 0.125].map(Math.fround));
    expect(constant).toBeCloseTo(0, 6);
  });

  test('parts: weighted sums of policy and KL, plain ones of entropy, clipped tokens and ratios', () => {
    const parts = noParts();
    const scores = {
      logprobs: Float32Array.from(logprobs),
      entropies: Float32Array.from([0.5, 1, 2]),
    };
    const config = configWith({ objective: clipped, kl: k3(0.1) });
    for (let i = 0; i < 2; i++) addParts(parts, scores, known, config);
    expect(parts.policyLoss / 2).toBeCloseTo(0.5 * -0.8 + 0.25 * -1.2 + 0.25 * 0.625, 6);
    expect(parts.kl / 2).toBeCloseTo(0.5 * k[0]! + 0.25 * k[1]! + 0.25 * k[2]!, 6);
    expect(parts).toMatchObject({ entropy: 7, tokens: 6, clipped: 2 });
    expect(parts.ratio).toBeCloseTo(2 * (1 + 1.25 + 1.25), 5);
    expect(parts.largestRatio).toBeCloseTo(1.25, 6);
  });
});

const model = openModel();
const reference = openModel(2);
afterAll(() => {
  disposeModel(model);
  disposeModel(reference);
});

/** 3 and 5 wanted tokens after prompts of 2, the second with two tokens of an observation. */
const sequences = [
  { ids: [40, 41, 80, 81, 82], wanted: [0, 0, 1, 1, 1] },
  { ids: [50, 51, 90, 91, 60, 61, 92, 93, 94], wanted: [0, 0, 1, 1, 0, 0, 1, 1, 1] },
].map(({ ids, wanted }) => ({ ids: Int32Array.from(ids), wanted: Uint8Array.from(wanted) }));
const packed = packSequences(sequences);
const advantages = [1.2, 1.2, 1.2, -0.7, -0.7, -0.7, -0.7, -0.7];
const weights = [0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1];
const own = (): number[] => [...tokenLogprobs(model, packed, temperature)];

/** The loss from its definition, in float64 from the model's scores. */
const definition = (known: KnownTokens, { kl, entropyCoefficient, objective }: GrpoConfig) => {
  const scores = tf.tidy(() => {
    const { logprobs, entropies } = scoreTokens(model, packed, { temperature });
    return [[...logprobs.dataSync()], [...entropies.dataSync()]] as never;
  }) as unknown as [number[], number[]];
  return scores[0].reduce((sum, logprob, i) => {
    const [a, difference] = [known.advantages[i]!, known.reference![i]! - logprob];
    const ratio = Math.exp(logprob - known.behaviour[i]!);
    const bounded = Math.min(1.2, Math.max(0.8, ratio));
    const gain = objective.kind === 'clipped' ? Math.min(a * ratio, a * bounded) : a * logprob;
    const k = Math.exp(difference) - difference - 1;
    const loss = -gain + kl.coefficient * k - entropyCoefficient * scores[1][i]!;
    return sum + known.weights[i]! * loss;
  }, 0);
};

/** Of the loss in the direction of its own gradient: by the tape, and by moving every weight a little. */
const slopesAlong = (known: KnownTokens, config: GrpoConfig, firstUpdate: boolean) => {
  const options = { temperature, firstUpdate, parts: noParts() };
  const { losses, gradients } = gradientsOf(model.parameters, [
    () => batchLoss(model, packed, known, config, options),
  ]);
  const flat = new Map([...gradients].map(([name, g]) => [name, Float32Array.from(g.dataSync())]));
  for (const gradient of gradients.values()) gradient.dispose();
  let squares = 0;
  for (const gradient of flat.values()) for (const one of gradient) squares += one * one;
  const norm = Math.sqrt(squares);
  const at = (distance: number): number => {
    move(model, flat, distance / norm);
    const value = definition(known, config);
    move(model, flat, -distance / norm);
    return value;
  };
  const step = 5e-3;
  return { loss: losses[0]!, norm, numeric: (at(step) - at(-step)) / (2 * step) };
};

const move = ({ parameters }: Model, by: ReadonlyMap<string, Float32Array>, times: number) => {
  for (const [name, gradient] of by) {
    const variable = parameters.get(name)!;
    const values = variable.dataSync().map((value, i) => value + times * gradient[i]!);
    const tensor = tf.tensor(values, variable.shape);
    variable.assign(tensor as never);
    tensor.dispose();
  }
};

const referenceOf = () => [...tokenLogprobs(reference, packed, temperature)];

describe('on a model: value and gradient are those of the definition', () => {
  test.each([
    ['policy gradient', {}, 0, true],
    ['the entropy bonus', { entropyCoefficient: 0.3 }, 0, true],
    ['the KL term', { kl: k3(0.5) }, 0, true],
    ['all of them, clipped', { objective: clipped, kl: k3(0.2), entropyCoefficient: 0.1 }, 0, true],
    ['a second update', { objective: clipped, kl: k3(0.2), entropyCoefficient: 0.1 }, 0.1, false],
  ] as const)('%s', (_, changes, moved, firstUpdate) => {
    const config = configWith(changes);
    // sampling thought each token a little less likely where the policy has moved since
    const behaviour = own().map((one, i) => one - moved * (i % 2));
    const known = knownOf({ behaviour, reference: referenceOf(), advantages, weights });
    const { loss, norm, numeric } = slopesAlong(known, config, firstUpdate);
    expect(loss).toBeCloseTo(definition(known, config), 5);
    expect(norm).toBeGreaterThan(1e-2);
    expect(numeric / norm).toBeCloseTo(1, 2);
  });

  test('the bonus lowers the loss by coefficient times entropy', () => {
    const known = knownOf({ behaviour: own(), reference: referenceOf(), advantages, weights });
    const of = (entropyCoefficient: number) => {
      const parts = noParts();
      const options = { temperature, firstUpdate: true, parts };
      const loss = tf.tidy(
        () =>
          batchLoss(
            model,
            packed,
            known,
            configWith({ entropyCoefficient }),
            options,
          ).dataSync()[0]! as never,
      ) as unknown as number;
      return { loss, parts };
    };
    const [plain, bonus] = [of(0), of(0.5)];
    expect(plain.parts.entropy / 8).toBeGreaterThan(1);
    // nearly uniform: every token's entropy is near the mean, and the weights sum to 1.1
    expect(plain.loss - bonus.loss).toBeCloseTo((0.5 * 1.1 * plain.parts.entropy) / 8, 2);
  });
});

const rated: RatedRollout[] = sequences.map(({ ids, wanted }, i) => ({
  rollout: {
    trajectory: { question: { dataset: 'hand', id: String(i) } },
    tokens: {
      ids,
      promptMask: Uint8Array.from(ids, (_, t) => Number(t < 2)),
      observationMask: Uint8Array.from(wanted, (one, t) => Number(t >= 2 && one === 0)),
      logprobs: new Float32Array(ids.length).fill(-1),
    },
  } as unknown as RatedRollout['rollout'],
  group: 0,
  reward: 0,
  advantage: [1.2, -0.7][i]!,
  wanted,
}));

describe('averaging of a whole batch', () => {
  const lossOf = (averaging: GrpoConfig['averaging']): number => {
    const place = { model, reference: null, temperature };
    const config = configWith({ averaging, microBatchTokens: 6 });
    const { microBatches } = updatesOf(place, rated, config);
    const made = microBatches({ first: true, parts: noParts() });
    expect(made).toHaveLength(2);
    const { losses, gradients } = gradientsOf(
      model.parameters,
      made.map(({ loss }) => loss),
    );
    for (const gradient of gradients.values()) gradient.dispose();
    return losses.reduce((sum, loss) => sum + loss, 0);
  };

  test.each([
    [{ kind: 'token' } as const, [1 / 8, 1 / 8]],
    [{ kind: 'sequence' } as const, [1 / 6, 1 / 10]],
    [{ kind: 'constant', length: 20 } as const, [1 / 40, 1 / 40]],
  ])('%j', (averaging, [first, second]) => {
    const logprobs = own();
    const sum = (part: readonly number[]) => part.reduce((total, one) => total + one, 0);
    const expected =
      -1.2 * first! * sum(logprobs.slice(0, 3)) + 0.7 * second! * sum(logprobs.slice(3));
    expect(lossOf(averaging)).toBeCloseTo(expected, 4);
  });
});

test('where memory is short, layers are computed again: less is kept, no bit changes', () => {
  const place = { model, reference: null, temperature };
  const ours = tf.backend() as CoaBackend;
  const run = (limit: number) => {
    const { used } = ours.memoryUse();
    const asked = vi
      .spyOn(ours, 'memoryUse')
      .mockReturnValue({ used: 0, peak: 0, reserved: 0, tensors: 0, limit });
    const kept: number[] = [];
    const { microBatches } = updatesOf(place, rated, configWith({}));
    const measured = microBatches({ first: true, parts: noParts() }).map(({ loss }) => () => {
      const made = loss();
      kept.push(ours.kernels.heap.usage().used - used);
      return made;
    });
    const { losses, gradients } = gradientsOf(model.parameters, measured);
    asked.mockRestore();
    const numbers = [...gradients].map(([name, tensor]) => [name, [...tensor.dataSync()]]);
    tf.dispose([...gradients.values()]);
    return { kept, numbers, losses };
  };
  const [ample, short] = [run(2 ** 30), run(2 ** 10)];
  expect(short.losses).toEqual(ample.losses);
  expect(short.numbers).toEqual(ample.numbers);
  expect(short.kept[0]).toBeLessThan(0.8 * ample.kept[0]!);
});
