// Builds the two WASM modules that are committed (plain SIMD, and relaxed SIMD with fused multiply-add), and records
// what they were built from. Needs clang and wasm-ld: `CLANG=clang-19 npm run build:wasm -w @coa/compute`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kernelsFolder, sourceHash } from './source-hash.js';
import { recordedFlags, wasmFlags, wasmModules } from './wasm-flags.js';

const clang = process.env.CLANG ?? 'clang-19';
const target = process.argv[2] ?? fileURLToPath(kernelsFolder);

const build = (name, extra) => {
  const file = `${target}/${name}`;
  const source = fileURLToPath(new URL('kernels.c', kernelsFolder));
  const { status, stderr, error } = spawnSync(clang, [...wasmFlags, ...extra, '-o', file, source], {
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${clang} failed:\n${stderr}`);
  return [name, createHash('sha256').update(readFileSync(file)).digest('hex')];
};

const version = spawnSync(clang, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
const modules = Object.fromEntries(
  Object.entries(wasmModules).map(([name, extra]) => build(name, extra)),
);
const record = { source: sourceHash(), compiler: version, flags: recordedFlags(), modules };
writeFileSync(`${target}/kernels-wasm.json`, `${JSON.stringify(record, null, 2)}\n`);
console.log(record);
