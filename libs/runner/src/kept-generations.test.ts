import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerateRequest } from '@coa/core';
import { testPolicy } from '@coa/core/testing';
import { scriptedPolicy } from '@coa/policies';
import { expect, test } from 'vitest';
import { keptGenerations } from './kept-generations.ts';

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'coa-kept-')), 'teacher.jsonl');

/** Says something else each time that it is asked. */
const counting = () => {
  const counts = { asked: 0 };
  const policy = scriptedPolicy({ script: () => `answer ${++counts.asked}` });
  return { policy, counts };
};

const request = (seed: number, seen = ''): GenerateRequest => ({
  context: {
    prompt: { system: '', examples: [], user: 'u', assistantPrefix: '' },
    segments: [{ source: 'observation', text: seen, ids: null, logprobs: null }],
  },
  options: { maxTokens: 20, temperature: 1, topP: 1, seed, stop: [] },
});

testPolicy(
  async () =>
    keptGenerations(
      scriptedPolicy({
        script: ({ options: { temperature, seed } }) =>
          temperature === 0 ? ' Paris.\nmore' : ` answer ${seed}`,
      }),
      fresh(),
    ),
  { stopString: '.', hidesTokens: true },
);

test('what was answered once is answered alike by later processes; a line that was cut is asked again', async () => {
  const file = fresh();
  const { policy, counts } = counting();
  const texts = async (...requests: GenerateRequest[]) =>
    (await keptGenerations(policy, file).generate(requests)).map(({ text }) => text);
  expect(await texts(request(1), request(2), request(1, 'x'))).toEqual([
    'answer 1',
    'answer 2',
    'answer 3',
  ]);
  expect(await texts(request(2), request(1))).toEqual(['answer 2', 'answer 1']);
  appendFileSync(file, '["0123", {"te');
  expect(await texts(request(3))).toEqual(['answer 4']);
  expect(await texts(request(3), request(1, 'x'))).toEqual(['answer 4', 'answer 3']);
  expect(counts.asked).toBe(4);
});

test('another policy has answers of its own in the same file', async () => {
  const file = fresh();
  const { policy } = counting();
  const other = { ...counting().policy, fingerprint: 'other' };
  await keptGenerations(policy, file).generate([request(1), request(2)]);
  const [first] = await keptGenerations(other, file).generate([request(2)]);
  expect(first!.text).toBe('answer 1');
});
