import { type BackendName, nativeObstacle, openCompute, pageSize } from '@coa/compute';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ourDistributions } from './distributions.test-data.ts';
import { createModel, disposeModel, type Model } from './model.ts';
import { packSequences } from './packing.ts';
import { openSampler, type Sample, type SampleRequest, type Sampler } from './sampler.ts';
import { tokenLogprobs } from './scores.ts';
import { greatestDifference, randomIds, tinyConfig } from './small-models.test-data.ts';

const backends: BackendName[] =
  nativeObstacle() === null ? ['native', 'wasm', 'plain'] : ['wasm', 'plain'];
const kibibytes = 1024;

/** The likeliest tokens that hold `topP` of the mass, with their shares of it. */
const nucleusOf = (probabilities: Float32Array, topP: number): Map<number, number> => {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  const kept: number[] = [];
  let mass = 0;
  for (const id of order) {
    if (mass >= topP) break;
    kept.push(id);
    mass += probabilities[id]!;
  }
  return new Map(kept.map((id) => [id, probabilities[id]! / mass]));
};

describe.each(backends)('sampling on %s', (backend) => {
  const shared = {} as { model: Model; sampler: Sampler };
  beforeAll(async () => {
    await openCompute({ backend, threads: 2 });
    shared.model = createModel(tinyConfig({ positions: 128 }), 9);
    shared.sampler = openSampler(shared.model, { cacheBytes: 256 * kibibytes });
  });
  afterAll(() => {
    shared.sampler.close();
    disposeModel(shared.model);
  });

  const request = (seed: number, changes: Partial<SampleRequest> = {}): SampleRequest => ({
    prompt: randomIds(20 + seed, 29, seed),
    maxTokens: 12,
    temperature: 1,
    topP: 1,
    seed,
    ...changes,
  });

  test('a sequence is the same alone, in a batch, and after others', async () => {
    const requests = [1, 2, 3, 4, 5].map((seed) => request(seed));
    const together = await Promise.all(requests.map((one) => shared.sampler.sample(one)));
    const fresh = openSampler(shared.model, { cacheBytes: 256 * kibibytes });
    for (const [i, one] of requests.entries()) {
      expect(await fresh.sample(one)).toEqual(together[i]);
      expect(await shared.sampler.sample(one)).toEqual(together[i]);
    }
    fresh.close();
  });

  test('a context computed in one piece or turn by turn over a kept cache gives the same', async () => {
    const first = await shared.sampler.sample(request(7));
    const prompt = [...randomIds(27, 29, 7), ...first.ids, ...randomIds(9, 29, 70)];
    const before = shared.sampler.rowsComputed();
    const continued = await shared.sampler.sample(request(8, { prompt }));
    // of the 48 tokens, the first two pages were there; of the 12 new ones, the last is only drawn
    expect(shared.sampler.rowsComputed() - before).toBe(48 - 2 * pageSize + 11);
    const fresh = openSampler(shared.model, { cacheBytes: 256 * kibibytes });
    expect(await fresh.sample(request(8, { prompt }))).toEqual(continued);
    fresh.close();
  });

  test('log-probs at sampling are those of training', async () => {
    for (const temperature of [1, 0.7]) {
      const { ids, logprobs } = await shared.sampler.sample(
        request(11, { temperature, maxTokens: 30 }),
      );
      const prompt = randomIds(31, 29, 11);
      const wanted = Uint8Array.from({ length: 61 }, (_, i) => Number(i >= 31));
      const packed = packSequences([{ ids: Int32Array.from([...prompt, ...ids]), wanted }]);
      expect(
        greatestDifference(tokenLogprobs(shared.model, packed, temperature), logprobs),
      ).toBeLessThan(1e-4);
    }
  });

  test('top-p: every draw is of the nucleus, its log-prob renormalised over it', async () => {
    const topP = 0.6;
    const temperature = 1.5;
    const prompt = randomIds(31, 29, 11);
    const { ids, logprobs } = await shared.sampler.sample(
      request(5, { prompt, temperature, topP, maxTokens: 60 }),
    );
    const text = Int32Array.from([...prompt, ...ids]);
    const all = ourDistributions(shared.model, text).slice(30, -1);
    const nuclei = all.map((untempered) => {
      const weights = untempered.map((logprob) => Math.exp(logprob / temperature));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return nucleusOf(
        weights.map((weight) => weight / total),
        topP,
      );
    });
    const expected = nuclei.map((nucleus, i) => Math.log(nucleus.get(ids[i]!) ?? Number.NaN));
    expect(greatestDifference(expected, logprobs)).toBeLessThan(1e-4);
    expect(Math.max(...nuclei.map(({ size }) => size))).toBeLessThan(29);
    expect(Math.min(...nuclei.map(({ size }) => size))).toBeGreaterThan(1);
    expect(expected.some(Number.isNaN)).toBe(false);
    const whole = await shared.sampler.sample(request(5, { prompt, temperature, maxTokens: 60 }));
    expect(whole.ids).not.toEqual(ids);
  });

  test('a group with one prompt: each as alone, and the prompt computed once', async () => {
    const prompt = randomIds(50, 29, 99);
    const before = shared.sampler.rowsComputed();
    const group = await Promise.all(
      [1, 2, 3, 4].map((seed) => shared.sampler.sample(request(seed, { prompt }))),
    );
    // three full pages are shared; the two tokens after them and 11 of the new ones are each sequence's own
    expect(shared.sampler.rowsComputed() - before).toBe(3 * pageSize + 4 * (2 + 11));
    const fresh = openSampler(shared.model, { cacheBytes: 256 * kibibytes });
    for (const [i, seed] of [1, 2, 3, 4].entries()) {
      expect(await fresh.sample(request(seed, { prompt }))).toEqual(group[i]);
      fresh.refresh();
    }
    expect(new Set(group.map(({ ids }) => ids.join())).size).toBeGreaterThan(1);
    fresh.close();
  });

  test('stops after the token that says so; temperature 0 needs no seed; a longer budget begins alike', async () => {
    const whole = await shared.sampler.sample(request(3, { maxTokens: 20 }));
    const stopped = await shared.sampler.sample(
      request(3, { maxTokens: 20, stops: (id) => id === whole.ids[5] }),
    );
    const at = whole.ids.indexOf(whole.ids[5]!) + 1;
    expect(stopped).toEqual({
      ids: whole.ids.slice(0, at),
      logprobs: whole.logprobs.slice(0, at),
      finish: 'stop',
    });
    const greedy = (seed: number) => shared.sampler.sample(request(3, { temperature: 0, seed }));
    expect(await greedy(1)).toEqual(await greedy(2));
    expect((await shared.sampler.sample(request(3, { maxTokens: 7 }))).ids).toEqual(
      whole.ids.slice(0, 7),
    );
  });

  test('more sequences than the cache holds wait their turn', async () => {
    const small = openSampler(shared.model, { cacheBytes: 40 * kibibytes });
    const requests = Array.from({ length: 12 }, (_, seed) => request(seed));
    const crowded = await Promise.all(requests.map((one) => small.sample(one)));
    const roomy = await Promise.all(requests.map((one) => shared.sampler.sample(one)));
    expect(crowded).toEqual(roomy);
    small.close();
  });

  test('an abort rejects its own sequence only; bad requests are refused with their values', async () => {
    const stop = new AbortController();
    const doomed = shared.sampler.sample(request(1, { maxTokens: 90, signal: stop.signal }));
    const other = shared.sampler.sample(request(2, { maxTokens: 40 }));
    setTimeout(() => stop.abort(new Error('enough')), 1);
    const [first, second] = await Promise.allSettled([doomed, other]);
    if (first.status === 'rejected') expect(String(first.reason)).toContain('enough');
    expect((second as PromiseFulfilledResult<Sample>).value.ids).toHaveLength(40);
    const refused = (changes: Partial<SampleRequest>) =>
      expect(shared.sampler.sample(request(1, changes))).rejects;
    await refused({ maxTokens: 0 }).toThrow(/maxTokens is 0/);
    await refused({ maxTokens: 500 }).toThrow(/128 positions/);
    await refused({ topP: 0 }).toThrow(/topP is 0/);
    await refused({ temperature: Number.NaN }).toThrow(/temperature is NaN/);
    await refused({ prompt: [] }).toThrow(/empty/);
    await refused({ prompt: [1, 99] }).toThrow(/99/);
    expect((await shared.sampler.sample(request(2))).ids).toHaveLength(12);
  });
});

test.each(backends)(
  '%s: sampling agrees with training over a vocabulary of 8,195',
  async (backend) => {
    await openCompute({ backend, threads: 2 });
    const model = createModel(tinyConfig({ vocabulary: 8195, width: 34, positions: 64 }), 4);
    const sampler = openSampler(model, { cacheBytes: 256 * kibibytes });
    const prompt = randomIds(20, 8195, 1);
    const { ids, logprobs } = await sampler.sample({
      prompt,
      maxTokens: 40,
      temperature: 1,
      topP: 1,
      seed: 3,
    });
    const wanted = Uint8Array.from({ length: 60 }, (_, i) => Number(i >= 20));
    const packed = packSequences([{ ids: Int32Array.from([...prompt, ...ids]), wanted }]);
    expect(greatestDifference(tokenLogprobs(model, packed), logprobs)).toBeLessThan(1e-4);
    sampler.close();
    disposeModel(model);
  },
);
