import { expect, test } from 'vitest';
import { verdictOf } from '../experiments/pretrain-nano.ts';

const learned = (copy: number, induction: number) => [
  { task: 'copy', accuracy: copy },
  { task: 'induction', accuracy: induction },
];

test('the claim holds above 99 % within three minutes', () => {
  expect(verdictOf(learned(1, 0.9901), 62.4)).toEqual({
    holds: true,
    sentence: 'The claim holds (each more than 99 %, within 180 s on two cores): it took 62 s.',
  });
});

test.each([
  [learned(1, 0.99), 60, 'induction reached 99.00 %'],
  [learned(0.5, Number.NaN), 60, 'copy reached 50.00 %, induction reached NaN %'],
  [learned(1, 1), 181, 'it took 181 s'],
])('and does not hold otherwise, which is said', (results, seconds, reason) => {
  const { holds, sentence } = verdictOf(results, seconds);
  expect(holds).toBe(false);
  expect(sentence).toContain(`does NOT hold`);
  expect(sentence).toContain(reason);
});
