import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@coa/store';
import { expect, test } from 'vitest';
import { compareCommand } from './compare.ts';
import { gateCommand } from './gate.ts';
import {
  manifestOf,
  questionOf,
  recordOf,
  storeForEachTest,
  storeRun,
} from './stored-runs.test-data.ts';

const at = storeForEachTest();

const compare = (...words: readonly string[]) => at.run(compareCommand(), ...words);

/** The exit code, and what was printed. */
const gate = async (...words: readonly string[]): Promise<readonly [number, string]> => {
  const text = await at.run(gateCommand(), ...words);
  return [Number(process.exitCode), text];
};

test('one run: every arm with the baseline', async () => {
  storeRun(at.file, 'toy-1a', 40, { CoA: 30, ReAct: 10 });
  const table = await compare('1a', '--baseline', 'ReAct');
  expect(table).toContain('a  toy-1a:ReAct  (baseline)');
  expect(table).toMatch(/nq +better +25\.0 +75\.0 +\+50\.0/);
  expect(table).toContain('right: both 10, only a 0, only b 20, neither 10');
  expect(table).toMatch(/arm\.temperature +1 +0\.6/);
  const [comparison] = JSON.parse(await compare('1a', '--json'));
  expect(comparison.differences[0]).toMatchObject({ difference: -0.5, verdict: 'worse' });
});

test('one run: the baseline that its experiment names, where it has rollouts', async () => {
  for (const [runId, baseline] of [
    ['toy-1a', 'ReAct'],
    ['toy-2b', 'Later'],
  ] as const) {
    const store = openStore(at.file);
    const question = questionOf('q0');
    store.startRun({ ...manifestOf(runId, ['CoA', 'ReAct', 'Later'], 1), baseline }, [question]);
    for (const arm of ['CoA', 'ReAct'])
      store.appendRecord(recordOf(runId, arm, { question, right: true }));
    store.close();
  }
  expect(await compare('1a')).toContain('a  toy-1a:ReAct  (baseline)');
  expect(await compare('2b')).toContain('a  toy-2b:CoA  (baseline)');
});

test('two runs: arms of one name; the flips of one kind a line each', async () => {
  storeRun(at.file, 'toy-1a', 5, { CoA: 3, ReAct: 1 });
  storeRun(at.file, 'toy-2b', 5, { CoA: 5, Other: 1 });
  const text = await compare('1a', '2b', '--flips', 'onlyB');
  expect(text).toContain('a  toy-1a:CoA  (baseline)\nb  toy-2b:CoA');
  expect(text).not.toContain('Other');
  expect(text).toContain(
    'nq q3: question q3 [Ada Lovelace]  a: "Charles Babbage"  b: "Ada Lovelace"',
  );
  // five that agree are too few for a tie
  expect(await compare('1a:ReAct', '2b:Other')).toMatch(
    /nq +undecided .* 0\.0 \(−43\.4 to \+43\.4\)/,
  );
});

test('--html writes one page with the trajectories of every side, once', async () => {
  storeRun(at.file, 'toy-1a', 40, { CoA: 30, ReAct: 10, Third: 10 });
  const page = join(at.folder, 'deep', 'compared.html');
  const text = await compare('1a', '--baseline', 'ReAct', '--html', page);
  expect(text).toContain(page);
  expect(text).toMatch(/Third +ReAct +undecided/);
  const written = readFileSync(page, 'utf8');
  expect(written).toContain('CoA</bdi> against <bdi>ReAct');
  expect(written).toContain('coa compare 1a --baseline ReAct --metric exactMatch');
  expect(written).toContain('data-block="flips"');
  // 120 trajectories, fifty a chunk
  expect(written.match(/data-block="chunk-/g)).toHaveLength(3);
  expect(written).not.toMatch(/<(?:link|script|img)[^>]+(?:src|href)="http/);
});

test('the margin is in points of a share, and in the own unit of what is none', async () => {
  storeRun(at.file, 'toy-1a', 400, { CoA: 200, ReAct: 200, Third: 200 });
  const words = ['1a', '--baseline', 'ReAct'];
  expect(await compare(...words, '--margin', '0.5')).toMatch(/Third +ReAct +undecided/);
  expect(await compare(...words, '--margin', '1')).toMatch(/Third +ReAct +tie/);
  const steps = (runId: string, value: number): void => {
    const [store, question] = [openStore(at.file), questionOf('q0')];
    const all = Array.from({ length: 20 }, (_, i) => ({ ...question, id: `q${i}` }));
    store.startRun(manifestOf(runId, ['CoA'], all.length), all);
    for (const one of all)
      store.appendRecord({
        ...recordOf(runId, 'CoA', { question: one, right: true }),
        metrics: { actionSteps: value },
      });
    store.close();
  };
  steps('toy-2b', 2);
  steps('toy-3c', 2.25);
  const counted = ['2b', '3c', '--metric', 'actionSteps'];
  expect(await compare(...counted)).toMatch(/nq +higher/);
  expect(await compare(...counted, '--margin', '0.25')).toMatch(/nq +tie/);
  expect(await compare(...counted, '--margin', '0.2')).toMatch(/nq +higher/);
  await expect(compare(...counted, '--flips', 'onlyA')).rejects.toThrow('actionSteps is no share');
});

test('what cannot be compared is said with the names there are', async () => {
  storeRun(at.file, 'toy-1a', 2, { CoA: 1 });
  storeRun(at.file, 'toy-2b', 2, { X: 1, Y: 1 });
  storeRun(at.file, 'toy-3c', 2, { V: 1, W: 1 });
  await expect(compare('1a')).rejects.toThrow("toy-1a has one arm, 'CoA'");
  await expect(compare('1a:Nope', '2b')).rejects.toThrow("it has 'CoA'");
  await expect(compare('2b', '3c')).rejects.toThrow("share no arm: 'X', 'Y' and 'V', 'W'");
  await expect(compare('2b', '--metric', 'nope')).rejects.toThrow('nope');
  await expect(compare('9z')).rejects.toThrow("no run '9z'");
});

test('the gate: 0 = nothing lost, 1 = more lost than may be, 2 = cannot be told', async () => {
  storeRun(at.file, 'toy-1a', 400, { CoA: 200 });
  storeRun(at.file, 'toy-2b', 400, { CoA: 200 });
  storeRun(at.file, 'toy-3c', 400, { CoA: 100 });
  storeRun(at.file, 'toy-4d', 400, { CoA: 192 });
  const junit = join(at.folder, 'gate.xml');
  expect((await gate('2b', '--baseline', '1a'))[0]).toBe(0);
  expect((await gate('3c', '--baseline', '1a', '--junit', junit))[0]).toBe(1);
  expect(readFileSync(junit, 'utf8')).toContain('failures="1" errors="0"');
  expect(readFileSync(junit, 'utf8')).toContain('<failure message="difference -25.0 points');
  expect((await gate('4d', '--baseline', '1a'))[0]).toBe(2);
  const [code, said] = await gate('4d', '--baseline', '1a', '--max-drop', '5');
  expect(code).toBe(0);
  expect(said).toContain('pass (at most 5 points may be lost)');
});

test('twelve questions that agree do not say that two points in a hundred were kept', async () => {
  storeRun(at.file, 'toy-1a', 12, { CoA: 6 });
  storeRun(at.file, 'toy-2b', 12, { CoA: 6 });
  const [code, text] = await gate('2b', '--baseline', '1a');
  expect(code).toBe(2);
  expect(text).toMatch(/undecided +0\.0 +-24\.2 to 24\.2/);
});

test('a gate says why its sides may not be comparable, and counts what is no share in its own unit', async () => {
  const store = openStore(at.file);
  const questions = Array.from({ length: 40 }, (_, i) => questionOf(`q${i}`));
  for (const [runId, steps, dirty] of [
    ['toy-1a', 3, false],
    ['toy-2b', 2, true],
  ] as const) {
    const manifest = manifestOf(runId, ['CoA'], questions.length);
    store.startRun({ ...manifest, revision: { ...manifest.revision, dirty } }, questions);
    for (const question of questions)
      store.appendRecord({
        ...recordOf(runId, 'CoA', { question, right: true }),
        metrics: { actionSteps: steps },
      });
  }
  store.close();
  const junit = join(at.folder, 'new/gate.xml');
  const lost = ['2b', '--baseline', '1a', '--metric', 'actionSteps', '--junit', junit];
  const [code, text] = await gate(...lost, '--max-drop', '0.5');
  expect(code).toBe(1);
  expect(text).toMatch(/drop +-1\.000 +-1\.000 to -1\.000/);
  expect(text).toContain('caution: toy-2b ran uncommitted code');
  expect(text).toContain('drop (at most 0.5 of actionSteps may be lost)');
  expect(readFileSync(junit, 'utf8')).toContain('toy-2b ran uncommitted code</system-err>');
  expect((await gate(...lost, '--max-drop', '1'))[0]).toBe(0);
});

test('a gate that could not be run is neither passed nor failed', async () => {
  storeRun(at.file, 'toy-1a', 4, { CoA: 2 });
  await expect(gate('1a', '--baseline', 'nope')).rejects.toThrow("no run 'nope'");
  expect(process.exitCode).toBe(2);
});
