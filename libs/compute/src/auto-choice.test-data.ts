/**
 * `tsx auto-choice.test-data.ts ADDON`, in a copy of this package with no build folder: what `auto` chooses before and
 * after there is an addon, as lines of JSON.
 */
import { appendFileSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCompute } from './open-compute.ts';

const [addon = ''] = process.argv.slice(2);
const inCopy = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const built = inCopy('build/coa-kernels.node');

const report = async (): Promise<void> => {
  const { backend, why } = await openCompute({ threads: 2 });
  console.log(JSON.stringify({ backend, why }));
};

await report();
mkdirSync(inCopy('build'));
writeFileSync(inCopy('build/why-not.txt'), 'no C compiler found (looked for cc)\nand so on');
await report();
writeFileSync(built, 'not an addon');
await report();
rmSync(built);
copyFileSync(addon, built);
await report();
appendFileSync(inCopy('kernels/pool.h'), '/* changed since */\n');
await report();
