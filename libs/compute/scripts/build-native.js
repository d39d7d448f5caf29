// Builds the native addon where a C compiler is found. Runs at `npm ci`; whatever happens, it ends with exit code 0
// there, because WASM does the same work more slowly. By hand: `npm run build:native -w @coa/compute`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernelsFolder, sourceHash } from './source-hash.js';

const kernels = fileURLToPath(kernelsFolder);
const out = fileURLToPath(new URL('../build/', import.meta.url));

const wide = ['-mavx2', '-mfma', '-mf16c'];
const builds =
  process.arch === 'x64'
    ? {
        avx512: [
          ...wide,
          '-mavx512f',
          '-mavx512bw',
          '-mavx512dq',
          '-mavx512vl',
          '-mprefer-vector-width=512',
        ],
        avx2: wide,
        base: [],
      }
    : { base: [] };

const run = (compiler, args) => {
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${compiler} ${args.join(' ')}\n${stderr}`);
};

const findHeaders = () =>
  join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include');

const findCompiler = () => {
  const candidates = [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean);
  const found = candidates.find((name) => spawnSync(name, ['--version']).status === 0);
  if (!found) throw new Error(`no C compiler found (looked for ${candidates.join(', ')})`);
  return found;
};

const build = () => {
  if (process.platform === 'win32') throw new Error('there is no native build for Windows');
  const compiler = findCompiler();
  const headers = findHeaders();
  mkdirSync(out, { recursive: true });
  const common = ['-O3', '-std=gnu11', '-fPIC', '-ffp-contract=fast', '-fvisibility=hidden'];
  const objects = Object.entries(builds).map(([name, flags]) => {
    const object = join(out, `kernels-${name}.o`);
    run(compiler, [
      ...common,
      ...flags,
      `-DCOA_BUILD=${name}`,
      '-c',
      join(kernels, 'kernels.c'),
      '-o',
      object,
    ]);
    return object;
  });
  // the pool's threads must not lose their code when the last user of the addon lets go of it
  const link =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : ['-shared', '-Wl,-z,nodelete', '-lpthread'];
  const made = join(out, `coa-kernels.${process.pid}.node`);
  run(compiler, [
    ...common,
    `-DCOA_SOURCE="${sourceHash()}"`,
    '-DNAPI_VERSION=8',
    `-I${headers}`,
    join(kernels, 'addon.c'),
    ...objects,
    ...link,
    '-o',
    made,
  ]);
  renameSync(made, join(out, 'coa-kernels.node'));
  for (const object of objects) rmSync(object);
};

/** For `coa doctor`; a folder that cannot be written to is no reason to fail either. */
const record = (why) => {
  try {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'why-not.txt'), why);
  } catch (cause) {
    console.warn(`@coa/compute: the reason is not recorded: ${String(cause)}`);
  }
};

try {
  if (process.env.COA_SKIP_NATIVE) throw new Error('COA_SKIP_NATIVE is set');
  build();
  rmSync(join(out, 'why-not.txt'), { force: true });
  console.log('@coa/compute: native kernels built');
} catch (cause) {
  const why = cause instanceof Error ? cause.message : String(cause);
  console.warn(`@coa/compute: no native kernels, WASM will be used: ${why}`);
  record(why);
  if (process.argv.includes('--strict')) process.exitCode = 1;
}
