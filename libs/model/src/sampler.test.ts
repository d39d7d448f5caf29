import { type BackendName, nativeObstacle, openCompute } from '@coa/compute';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel, disposeModel, type Model } from './model.ts';
import { packSequences } from './packing.ts';
import { openSampler, type Sample, type SampleRequest, type Sampler } from './sampler.ts';
import { tokenLogprobs } from './scores.ts';
import { greatestDifference, randomIds, tinyConfig } from './small-models.test-data.ts';

const backends: BackendName[] =
  nativeObstacle() === null ? ['native', 'wasm', 'plain'] : ['wasm', 'plain'];
const kibibytes = 1024;

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
    const continued = await shared.sampler.sample(request(8, { prompt }));
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

  test('a group with one prompt: each as alone', async () => {
    const prompt = randomIds(50, 29, 99);
    const group = await Promise.all(
      [1, 2, 3, 4].map((seed) => shared.sampler.sample(request(seed, { prompt }))),
    );
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
