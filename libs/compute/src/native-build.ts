import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { sourceHash } from '../scripts/source-hash.js';
import type { Build } from './kernels.ts';

type Addon = {
  readonly source: string;
  choose(limit: string): string;
  workers(count: number): number;
  run(operation: number, address: number): void;
  operation(index: number): string | undefined;
  slab(bytes: number): { buffer: ArrayBuffer; address: number };
};

export type NativeInstructions = 'avx512' | 'avx2' | 'base';

const addonFile = fileURLToPath(new URL('../build/coa-kernels.node', import.meta.url));
const reasonFile = fileURLToPath(new URL('../build/why-not.txt', import.meta.url));

/** Why the native kernels cannot be loaded, or null where they can. */
export const nativeObstacle = (): string | null => {
  if (!existsSync(addonFile)) {
    const why = existsSync(reasonFile)
      ? readFileSync(reasonFile, 'utf8').trim()
      : 'install scripts did not run';
    return `not built (${why.split('\n')[0]}); with a C compiler at hand: npm run build:native -w @coa/compute`;
  }
  try {
    const { source } = createRequire(import.meta.url)(addonFile) as Addon;
    if (source === sourceHash()) return null;
    return 'built from other sources than these; npm run build:native -w @coa/compute';
  } catch (cause) {
    return `not loadable here (${String(cause).split('\n')[0]}); npm run build:native -w @coa/compute`;
  }
};

/**
 * Memory that this process may use: the machine's, or less where a container limits it.
 * @param limit the control group's; 0, or more than there is, where it has none
 */
export const usableMemory = (
  total: number = totalmem(),
  limit: number = process.constrainedMemory(),
): number => (limit > 0 ? Math.min(total, limit) : total);

/** Of that, at most this part may be the kernels'. */
const memoryShare = 0.9;

/**
 * The native addon. One set of kernels serves the whole process: instructions are chosen once.
 * @param widest the widest instruction set to use, for comparisons; default: what the processor has.
 */
export const loadNative = (widest: NativeInstructions | '' = ''): Build => {
  const obstacle = nativeObstacle();
  if (obstacle !== null) throw new Error(`the native kernels are ${obstacle}`);
  const addon = createRequire(import.meta.url)(addonFile) as Addon;
  const instructions = addon.choose(widest);
  return {
    kind: 'native',
    instructions,
    memoryLimit: Math.floor(usableMemory() * memoryShare),
    grow: (bytes) => {
      const { buffer, address } = addon.slab(bytes);
      return { buffer: () => buffer, start: 0, address, bytes };
    },
    operation: addon.operation,
    run: addon.run,
    startWorkers: (count) => {
      const running = addon.workers(count);
      if (running < count)
        throw new Error(`only ${running} of ${count} worker threads could be started`);
    },
    close: () => {},
  };
};
