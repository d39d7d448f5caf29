import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadExperiment, overridden } from '@coa/runner';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root as checkout } from '../paths.ts';
import { createAblation, createMetric } from './new.ts';

let root = '';

/** A checkout in small: what a new file is written beside. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'coa-new-'));
  for (const file of ['biome.json', '.gitignore'])
    copyFileSync(join(checkout, file), join(root, file));
  for (const folder of ['experiments', 'libs/metrics/src', 'libs/metrics/README.md'])
    cpSync(join(checkout, folder), join(root, folder), { recursive: true });
  // the compiler's references lead to libs that are not there
  writeFileSync(join(root, 'experiments/tsconfig.json'), '{}');
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Throws where Biome would change or refuse a file. */
const biome = (...files: readonly string[]): void => {
  const bin = join(checkout, 'node_modules/@biomejs/biome/bin/biome');
  execFileSync(process.execPath, [bin, 'ci', ...files], { cwd: root, stdio: 'pipe' });
};

const metricFiles = ['index.ts', 'score-trajectory.ts'].map((file) => `libs/metrics/src/${file}`);

const loaded = async (name: string) => {
  const experiment = await loadExperiment(name, root);
  if ('kind' in experiment) throw new Error(`${name} is a script`);
  return experiment;
};

test('a new ablation is formatted, loads, has a grid and a baseline, and says what is next', async () => {
  const said = createAblation('sft-epochs', undefined, root);
  expect(said).toContain('npx nx run experiments:sft-epochs -- --toy');
  biome('experiments/sft-epochs.ts');
  const experiment = await loaded('sft-epochs');
  expect(Object.keys(experiment.arms)).toEqual(['epochs 1', 'epochs 2', 'epochs 4']);
  expect(experiment.baseline).toBe('epochs 1');
  expect(overridden(experiment, { toy: true }).name).toBe('sft-epochs-toy');
});

test.each(['contrast-alpha', 'paper-table', 'qa-eval', 'simulator-kind'])(
  'a copy of %s is the same under its own name',
  async (from) => {
    createAblation('my-copy', from, root);
    biome('experiments/my-copy.ts');
    const text = readFileSync(join(root, 'experiments/my-copy.ts'), 'utf8');
    expect(text).not.toContain(`experiments:${from}`);
    expect(text).toContain('export const myCopy = ');
    const [copy, original] = [await loaded('my-copy'), await loaded(from)];
    expect(JSON.stringify({ ...copy, name: from })).toBe(JSON.stringify(original));
  },
);

test.each([
  ['delete', 'deleteAblation'],
  ['sft2', 'sft2Ablation'],
  ['2-hops', '_2Hops'],
  ['a'.repeat(60), 'a'.repeat(60)],
])('%s is exported as %s', async (name, constant) => {
  createAblation(name, undefined, root);
  biome(`experiments/${name}.ts`);
  const text = readFileSync(join(root, `experiments/${name}.ts`), 'utf8');
  expect(text).toContain(`export const ${constant} = defineExperiment({\n  name: '${name}',`);
  expect((await loaded(name)).name).toBe(name);
});

test('names that are none, taken or unknown are refused, and nothing is overwritten', () => {
  const refused = (name: string, from?: string) => () => createAblation(name, from, root);
  expect(refused('Sft Epochs')).toThrow("'Sft Epochs' is no name of an experiment");
  expect(refused('../evil')).toThrow(/is no name of an experiment/);
  expect(refused('a'.repeat(61))).toThrow(/longer than 60 characters/);
  expect(refused('typecheck')).toThrow("'typecheck' is a target that Nx has already");
  expect(refused('mine', 'contrast-beta')).toThrow(
    /no experiment 'contrast-beta' to begin from; experiments\/ has: .*contrast-alpha/,
  );
  writeFileSync(join(root, 'experiments/mine.ts'), 'mine');
  expect(refused('mine')).toThrow('experiments/mine.ts is there already; nothing was written');
  expect(readFileSync(join(root, 'experiments/mine.ts'), 'utf8')).toBe('mine');
});

test('a new metric has a test, is one of standardMetrics, and is named in the README', () => {
  const said = createMetric('thoughts-written', root);
  expect(said).toContain('npx coa rescore RUN --metric thoughtsWritten');
  biome(...metricFiles);
  const read = (file: string) => readFileSync(join(root, 'libs/metrics', file), 'utf8');
  expect(read('src/index.ts')).toContain(
    "export { thoughtsWritten } from './thoughts-written.ts';",
  );
  expect(read('src/score-trajectory.ts')).toMatch(/standardMetrics = \{[^}]*thoughtsWritten,\n\}/);
  expect(read('README.md')).toContain('- `thoughtsWritten`:');
  expect(existsSync(join(root, 'libs/metrics/src/thoughts-written.test.ts'))).toBe(true);
  expect(() => createMetric('thoughts-written', root)).toThrow(/is there already/);
});

test('a metric whose name is that of something else gets another constant; one that is there is refused', () => {
  createMetric('recall-at-k', root);
  biome(...metricFiles);
  expect(readFileSync(join(root, 'libs/metrics/src/recall-at-k.ts'), 'utf8')).toContain(
    "id: 'recallAtKMetric'",
  );
  expect(() => createMetric('exact-match', root)).toThrow(
    "'exactMatch' is one of standardMetrics already; give yours another name",
  );
  expect(existsSync(join(root, 'libs/metrics/src/exact-match.ts'))).toBe(false);
});
