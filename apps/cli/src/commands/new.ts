import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Command } from 'commander';
import { assertKebab } from '../names.ts';
import { ablationSource } from '../new-ablation.ts';
import { type MetricLists, newMetric } from '../new-metric.ts';
import { root as checkout } from '../paths.ts';

/** Targets that Nx gives the project of experiments by itself. */
const ofNx = new Set(['typecheck', 'nx-release-publish']);

const assertNew = (files: readonly string[], root: string): void => {
  const there = files.find((file) => existsSync(join(root, file)));
  if (there !== undefined) throw new Error(`${there} is there already; nothing was written`);
};

/** Import order and line breaks as the checkout has them. */
const format = (files: readonly string[], root: string): void => {
  const biome = createRequire(join(checkout, 'package.json')).resolve('@biomejs/biome/bin/biome');
  execFileSync(process.execPath, [biome, 'check', '--write', '--log-level=error', ...files], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

/** Writes `experiments/<name>.ts` and says what to do with it. */
export const createAblation = (name: string, from: string | undefined, root: string): string => {
  assertKebab('an experiment', name);
  if (ofNx.has(name)) throw new Error(`'${name}' is a target that Nx has already`);
  const file = `experiments/${name}.ts`;
  assertNew([file], root);
  writeFileSync(join(root, file), ablationSource(name, from, root), { flag: 'wx' });
  format([file], root);
  return [
    `wrote ${file}${from === undefined ? '' : `, which does what ${from} does`}`,
    '',
    'Next:',
    `  1. Say in it what you expect (claim), what differs (arms) and what they are held against (baseline).`,
    `  2. npx nx run experiments:${name} -- --toy    every arm in seconds, to see that it runs`,
    `  3. npx nx run experiments:${name}             the whole; its report is reports/${name}/index.html`,
  ].join('\n');
};

const listFiles = {
  index: 'libs/metrics/src/index.ts',
  standard: 'libs/metrics/src/score-trajectory.ts',
  readme: 'libs/metrics/README.md',
} as const satisfies Record<keyof MetricLists, string>;

/** Writes `libs/metrics/src/<name>.ts` with its test, and names it where metrics are named. */
export const createMetric = (name: string, root: string): string => {
  assertKebab('a metric', name);
  const files = [`libs/metrics/src/${name}.ts`, `libs/metrics/src/${name}.test.ts`] as const;
  assertNew(files, root);
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const { index, standard, readme } = listFiles;
  const lists = { index: read(index), standard: read(standard), readme: read(readme) };
  const { constant, ...texts } = newMetric(name, lists);
  const [file, test] = files;
  writeFileSync(join(root, file), texts.source, { flag: 'wx' });
  writeFileSync(join(root, test), texts.test, { flag: 'wx' });
  writeFileSync(join(root, index), texts.index);
  writeFileSync(join(root, standard), texts.standard);
  writeFileSync(join(root, readme), texts.readme);
  format([file, test, index, standard], root);
  return [
    `wrote ${file} and ${test}; ${constant} is one of standardMetrics, which every experiment has`,
    '',
    'Next:',
    `  1. Say in both, and in ${readme}, what it counts.`,
    `  2. npx vitest run ${test}`,
    `  3. npx coa rescore RUN --metric ${constant}    gives a stored run its values`,
    `  4. npx coa compare RUN --metric ${constant}    compares its arms by it`,
  ].join('\n');
};

const ablation = (): Command =>
  new Command('ablation')
    .description('Write experiments/NAME.ts, which is all that an ablation is')
    .argument('<name>', 'lower-case words joined by hyphens')
    .option('--from <experiment>', 'begin as a copy of this one')
    .addHelpText(
      'after',
      '\nExamples:\n  coa new ablation sft-epochs\n  coa new ablation more-contrast --from contrast-alpha',
    )
    .action((name: string, { from }: { readonly from?: string }) => {
      console.log(createAblation(name, from, checkout));
    });

const metric = (): Command =>
  new Command('metric')
    .description('Write libs/metrics/src/NAME.ts with its test, and name it in standardMetrics')
    .argument('<name>', 'lower-case words joined by hyphens')
    .addHelpText('after', '\nExample:\n  coa new metric thoughts-written')
    .action((name: string) => {
      console.log(createMetric(name, checkout));
    });

/** `coa new`: the files that an addition begins with. Never overwrites. */
export const newCommand = (): Command =>
  new Command('new')
    .description('Begin an ablation or a metric')
    .addCommand(ablation())
    .addCommand(metric());
