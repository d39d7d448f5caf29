import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@coa/store';
import { expect, test } from 'vitest';
import { storeCommand } from './store.ts';
import { storeForEachTest, storeRun } from './stored-runs.test-data.ts';

const at = storeForEachTest();

const store = (...words: readonly string[]) => at.run(storeCommand(), ...words);

/** Changes stored text behind SQLite's back. */
const damage = (from: string, to: string): void => {
  const bytes = readFileSync(at.file);
  const place = bytes.indexOf(from);
  expect(place).toBeGreaterThan(0);
  bytes.write(to, place);
  writeFileSync(at.file, bytes);
};

test('check exits 0 for a sound store, 1 for a damaged one, 2 where there is none', async () => {
  await expect(store('check')).rejects.toThrow('no run store at');
  expect(process.exitCode).toBe(2);
  storeRun(at.file, 'toy-1a', 3, { CoA: 2, ReAct: 1 });
  const sound = await store('check');
  expect(sound).toMatch(/^ok +pages and indexes/);
  expect(sound).toMatch(
    /1 runs with 6 rollouts, 0 trainings with 0\nsound: all \d+ checks passed$/,
  );
  expect(process.exitCode).toBe(0);
  damage('"golds":', '"gilds":');
  const wrong = await store('check');
  expect(wrong).toMatch(/^WRONG {2}questions\n {9}.*not a question/m);
  expect(wrong).toMatch(/NOT sound: 1 of \d+ checks found something/);
  expect(process.exitCode).toBe(1);
  // Counts are all that can be set right.
  expect(JSON.parse(await store('check', '--repair', '--json'))).toMatchObject({
    sound: false,
    rollouts: 6,
  });
  expect(process.exitCode).toBe(1);
});

test('vacuum says how much it gave back', async () => {
  storeRun(at.file, 'toy-1a', 300, { CoA: 200 });
  const open = openStore(at.file);
  open.deleteRun('toy-1a');
  open.close();
  const { before, after } = JSON.parse(await store('vacuum', '--json'));
  expect(after).toBeLessThan(before);
  expect(await store('vacuum')).toMatch(/: 0\.\d MB became 0\.\d MB$/);
});

test('merge brings what other stores have, says what it did, and exits 1 where it skipped something', async () => {
  const [other, third] = [join(at.folder, 'other.db'), join(at.folder, 'third.db')];
  storeRun(at.file, 'toy-1a', 3, { CoA: 2 });
  storeRun(other, 'toy-2b', 3, { CoA: 1 });
  storeRun(third, 'toy-1a', 3, { CoA: 1, ReAct: 1 });
  expect(await store('merge', other)).toBe(
    'added      run toy-2b: 3 rollouts\n1 runs and trainings: 1 added, 0 completed, 0 unchanged, 0 skipped',
  );
  expect(process.exitCode).toBe(0);
  const skipped = await store('merge', other, third);
  expect(skipped).toMatch(
    /^skipped {4}run toy-1a: here it has other settings: arms\.ReAct: stored absent/,
  );
  expect(skipped).toMatch(/0 added, 0 completed, 1 unchanged, 1 skipped$/);
  expect(process.exitCode).toBe(1);
  expect(JSON.parse(await store('merge', other, '--json'))).toEqual([
    { kind: 'run', name: 'toy-2b', outcome: 'unchanged', added: 0, kept: 3, labels: 0 },
  ]);
});

test('upgrade says which schema a store had', async () => {
  storeRun(at.file, 'toy-1a', 1, { CoA: 1 });
  expect(await store('upgrade')).toMatch(/has schema version \d+ already$/);
});
