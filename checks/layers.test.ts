import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Manifest = {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  nx?: { tags?: string[] };
};

const folders = [
  ...readdirSync('libs').map((folder) => `libs/${folder}`),
  ...readdirSync('apps').map((folder) => `apps/${folder}`),
].filter((folder) => existsSync(`${folder}/package.json`));
const projects = folders.map((folder) => ({
  folder,
  manifest: JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest,
}));
const layerOf = ({ nx }: Manifest): number =>
  Number(nx?.tags?.[0]?.match(/^layer:(\d)$/)?.[1] ?? Number.NaN);
const layers = new Map(projects.map(({ manifest }) => [manifest.name, layerOf(manifest)]));

/** Packages named in import or export statements and in `import()`, without node's own. */
const imported = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(src|scripts)\/.*\.[jt]s$/.test(file) && !file.endsWith('.d.ts'))
    .flatMap((file) => [
      ...readFileSync(`${folder}/${file}`, 'utf8').matchAll(
        /(?:^(?:import|export|\}).*from |^import |^\s*(?:import|await import)\(?|[ (]import\(|\.resolve\()'((?:@[\w.-]+\/)?[\w.-]+)/gm,
      ),
    ])
    .map((match) => match[1] ?? '')
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:') && name !== 'node');

/** What a lib's tests and conformance suites take from the root. */
const fromRoot = ['vitest', 'playwright-core', 'axe-core'];

for (const { folder, manifest } of projects) {
  test(`${manifest.name} has a layer, declares what it imports and depends on lower layers only`, () => {
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    });
    const used = [...new Set(imported(folder))].filter((name) => !fromRoot.includes(name));
    expect(layerOf(manifest)).not.toBeNaN();
    expect(used.filter((name) => !declared.includes(name))).toEqual([]);
    const needless = Object.keys(manifest.dependencies ?? {}).filter(
      (name) => !used.includes(name),
    );
    expect(needless.filter((name) => !(folder === 'apps/cli' && name === 'tsx'))).toEqual([]);
    for (const name of declared.filter((dependency) => layers.has(dependency))) {
      expect(layers.get(name)).toBeLessThan(layerOf(manifest));
    }
  });
}
