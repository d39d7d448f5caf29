// Builds the two WASM modules that are committed (plain SIMD, and relaxed SIMD with fused multiply-add), and records
// what they were built from. Needs clang and wasm-ld: `CLANG=clang-19 npm run build:wasm -w @coa/compute`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kernelsFolder, sourceHash } from './source-hash.js';

const clang = process.env.CLANG ?? 'clang-19';
const target = process.argv[2] ?? fileURLToPath(kernelsFolder);

const flags = [
  '--target=wasm32',
  '-O3',
  '-std=gnu11',
  '-ffp-contract=off',
  '-nostdlib',
  '-msimd128',
  '-matomics',
  '-mbulk-memory',
  '-mmutable-globals',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,--shared-memory',
  '-Wl,--max-memory=4294967296',
  '-Wl,--export=__stack_pointer',
  '-Wl,--export=__heap_base',
  '-Wl,-z,stack-size=131072',
  '-Wl,--strip-all',
];

const build = (name, extra) => {
  const file = `${target}/${name}`;
  const source = fileURLToPath(new URL('kernels.c', kernelsFolder));
  const { status, stderr, error } = spawnSync(clang, [...flags, ...extra, '-o', file, source], {
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${clang} failed:\n${stderr}`);
  return [name, createHash('sha256').update(readFileSync(file)).digest('hex')];
};

const version = spawnSync(clang, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
const modules = Object.fromEntries([
  build('kernels.wasm', []),
  build('kernels-relaxed.wasm', ['-mrelaxed-simd']),
]);
const record = { source: sourceHash(), compiler: version, modules };
writeFileSync(`${target}/kernels-wasm.json`, `${JSON.stringify(record, null, 2)}\n`);
console.log(record);
