import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const checkout = resolve(import.meta.dirname, '..');

type Target = { readonly options: { readonly command: string }; readonly cache?: boolean };
type Projects = Readonly<
  Record<string, { readonly targets: Readonly<Record<string, Target | undefined>> }>
>;
type Plugin = {
  readonly createNodesV2: readonly [
    string,
    (files: readonly string[]) => readonly [string, { readonly projects: Projects }][],
  ];
};

const projectsOf = async (files: readonly string[]) => {
  const { createNodesV2 } = (await import(
    pathToFileURL(resolve(checkout, 'nx-targets.mjs')).href
  )) as Plugin;
  return createNodesV2[1](files).map(([, { projects }]) => projects);
};

const names = readdirSync(resolve(checkout, 'experiments'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

test('every experiment is a target of experiments, and no run of one is cached', async () => {
  const projects = await projectsOf(names.map((name) => `experiments/${name}.ts`));
  const targets = projects.flatMap(({ experiments }) => Object.entries(experiments!.targets));
  expect(targets.map(([name]) => name)).toEqual(names);
  expect(targets.map(([, target]) => target!.options.command)).toEqual(
    names.map((name) => `coa run ${name}`),
  );
  expect(targets.filter(([, target]) => target!.cache)).toEqual([]);
  expect(await projectsOf(['experiments/x.test.ts'])).toEqual([]);
});

test('every lib with tests has a test target, which is not cached: tests may read what Nx does not see', async () => {
  const folders = readdirSync(resolve(checkout, 'libs'));
  const tested = folders.filter((folder) =>
    readdirSync(resolve(checkout, 'libs', folder, 'src'), { recursive: true }).some((file) =>
      String(file).endsWith('.test.ts'),
    ),
  );
  const projects = await projectsOf(folders.map((folder) => `libs/${folder}/package.json`));
  const targets = projects.flatMap((one) =>
    Object.entries(one).map(([root, { targets: own }]) => [root, own.test] as const),
  );
  expect(targets.map(([root]) => root)).toEqual(tested.map((folder) => `libs/${folder}`));
  expect(targets.filter(([, target]) => target!.cache)).toEqual([]);
});
