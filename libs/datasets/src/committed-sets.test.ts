import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { evaluationIds, readCatalogue } from './catalogue.ts';
import { importDatasets } from './import-datasets.ts';
import { assertTrainable } from './leak-guard.ts';
import { verifyDatasets } from './list-datasets.ts';
import { loadEvaluationQuestions, loadPassages, loadQuestions } from './load.ts';
import { primerSets } from './primer.ts';
import { collect } from './small-lab.ts';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');
const places = { root, home: mkdtempSync(join(tmpdir(), 'coa-committed-')) };

test('every manifest is valid, its README says what it is, and evaluation ids are distinct and counted', async () => {
  const catalogue = await readCatalogue(places);
  const rows: Record<string, number> = {};
  for (const manifest of catalogue) {
    expect(existsSync(join(root, 'datasets', manifest.name, 'README.md'))).toBe(true);
    const ids = await evaluationIds(manifest, places);
    if (ids === null) continue;
    rows[manifest.name] = ids.length;
    expect(manifest.evaluation?.texts).toBeDefined();
    expect(new Set(ids).size).toBe(manifest.evaluation?.rows);
    expect(ids.every((id) => /^[a-z0-9]+\/(dev|test)_\d+(#2)?$/.test(id))).toBe(true);
  }
  expect(rows).toEqual({
    ...{ hotpotqa: 500, '2wikimultihopqa': 500, musique: 500, bamboogle: 125 },
    ...{ nq: 500, triviaqa: 501, fanoutqa: 310 },
  });
  const others = ['popqa', 'squad2', 'fireact', 'ircot-demos', 'wiki82k'];
  expect(catalogue.map(({ name }) => name)).toEqual([...Object.keys(rows), ...others].sort());
});

test('of the published sets no text is committed', () => {
  const folder = join(root, 'datasets');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => !['primer', 'atlas'].some((ours) => file.startsWith(ours)))
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replace(/^[^/]+\//, ''));
  expect([...new Set(files)].sort()).toEqual(['README.md', 'ids/test.json', 'manifest.json']);
});

test('the primer: 15 questions of each kind, supported by its own passages, as its manifest says', async () => {
  const passages = new Set((await collect(loadPassages('primer', places))).map(({ id }) => id));
  expect(passages.size).toBeGreaterThanOrEqual(150);
  for (const name of primerSets) {
    const questions = await loadQuestions(name, 'test', places);
    expect(questions).toHaveLength(15);
    for (const { supporting, supportComplete } of questions) {
      expect(supportComplete).toBe(true);
      expect(supporting.length).toBeGreaterThan(0);
      expect(supporting.every(({ passageId }) => passages.has(passageId ?? ''))).toBe(true);
    }
  }
  const verified = await verifyDatasets(places);
  expect(verified.length).toBeGreaterThanOrEqual(2);
  expect(verified.filter(({ intact }) => !intact)).toEqual([]);
});

const shared = join(process.env.COA_SHARED ?? resolve(root, '../shared'), 'data');

describe.skipIf(!existsSync(shared))('the import of ../shared/data', () => {
  test('has the rows that the manifests promise; evaluation splits are the committed ids; hashes hold', async () => {
    const receipts = await importDatasets(shared, { places });
    const promised = (await readCatalogue(places)).flatMap(({ name, imports }) =>
      imports.map(({ split, rows }) => `${name} ${split} ${rows}`),
    );
    expect(receipts.map(({ name, split, rows }) => `${name} ${split} ${rows}`)).toEqual(promised);
    expect(promised).toHaveLength(23);
    expect(receipts.at(-1)?.leftOut).toEqual({ empty: 0, tooLong: 0 });
    const supported: Record<string, number> = {};
    for (const manifest of await readCatalogue(places)) {
      const ids = await evaluationIds(manifest, places);
      if (!ids) continue;
      const questions = await loadQuestions(manifest.name, 'test', places);
      expect(questions.map(({ id }) => id)).toEqual(ids);
      supported[manifest.name] = questions.filter((one) => one.supportComplete).length;
    }
    expect(supported).toEqual({
      ...{ hotpotqa: 183, '2wikimultihopqa': 39, musique: 313 },
      ...{ bamboogle: 0, nq: 0, triviaqa: 0, fanoutqa: 0 },
    });
    expect((await verifyDatasets(places)).filter(({ intact }) => !intact)).toEqual([]);
  });

  test('supporting passages of complete questions are in the corpus', async () => {
    const corpus = new Set((await collect(loadPassages('wiki82k', places))).map(({ id }) => id));
    expect(corpus.size).toBe(82_131);
    for (const name of ['hotpotqa', '2wikimultihopqa', 'musique']) {
      const questions = await loadQuestions(name, 'test', places);
      const complete = questions.filter(({ supportComplete }) => supportComplete);
      const lost = complete.flatMap(({ supporting }) =>
        supporting.filter(({ passageId }) => !corpus.has(passageId ?? '')),
      );
      expect(lost).toEqual([]);
    }
  });

  test("the guard passes the paper's RL questions and refuses the dev files' AutoCoA rows", async () => {
    const evaluation = await loadEvaluationQuestions(places);
    const rl = await loadQuestions('hotpotqa', 'rl-train', places);
    expect(() => assertTrainable(rl, evaluation)).not.toThrow();
    for (const [name, held] of [
      ['hotpotqa', 222],
      ['2wikimultihopqa', 186],
    ] as const) {
      const dev = await loadQuestions(name, 'dev', places);
      expect(() => assertTrainable(dev, evaluation)).toThrow(`${held} training questions`);
    }
  });
});

test('the manifests name no hash twice for different files', async () => {
  const files = new Map<string, string>();
  for (const { imports } of await readCatalogue(places)) {
    for (const { file, sha256 } of imports) {
      expect(files.get(sha256) ?? file).toBe(file);
      files.set(sha256, file);
    }
  }
  expect(files.size).toBe(17);
  const readme = join(shared, 'README.md');
  if (!existsSync(readme)) return;
  const text = readFileSync(readme, 'utf8');
  for (const [sha256, file] of files) expect(text).toMatch(new RegExp(`\`${file}\`.*${sha256}`));
});
