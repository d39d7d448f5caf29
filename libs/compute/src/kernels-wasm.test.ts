import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { kernelsFolder, sourceHash } from '../scripts/source-hash.js';
import { recordedFlags, wasmModules } from '../scripts/wasm-flags.js';

type BuildRecord = {
  readonly source: string;
  readonly compiler: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly modules: Readonly<Record<string, string>>;
};

const committed = fileURLToPath(kernelsFolder);
const recordIn = (folder: string): BuildRecord =>
  JSON.parse(readFileSync(join(folder, 'kernels-wasm.json'), 'utf8')) as BuildRecord;
const record = recordIn(committed);

describe('the committed WASM', () => {
  test('was built from these sources', () => {
    expect(record.source).toBe(sourceHash());
  });

  test('was built with these flags', () => {
    expect(record.flags).toEqual(recordedFlags());
    expect(Object.keys(record.modules)).toEqual(Object.keys(wasmModules));
  });

  test.each(['kernels.wasm', 'kernels-relaxed.wasm'])(
    '%s is the file that was recorded',
    (name) => {
      const bytes = readFileSync(join(committed, name));
      expect(record.modules[name]).toBe(createHash('sha256').update(bytes).digest('hex'));
    },
  );
});

const compiler = process.env.CLANG ?? 'clang-19';
const { stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
const version = stdout?.split('\n')[0];

test.skipIf(version !== record.compiler)('its compiler makes the same bytes again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-wasm-'));
  const script = fileURLToPath(new URL('../scripts/build-wasm.js', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(recordIn(folder)).toEqual(record);
  for (const name of Object.keys(record.modules))
    expect(readFileSync(join(folder, name)).equals(readFileSync(join(committed, name)))).toBe(true);
  rmSync(folder, { recursive: true });
});
