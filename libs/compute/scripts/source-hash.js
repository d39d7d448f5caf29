import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

export const kernelsFolder = new URL('../kernels/', import.meta.url);

/** sha256 over names and contents of the C sources: what a build must have been made from. */
export const sourceHash = () => {
  const hash = createHash('sha256');
  const sources = readdirSync(kernelsFolder)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  for (const name of sources) {
    const text = readFileSync(new URL(name, kernelsFolder), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${name}\0${text}\0`);
  }
  return hash.digest('hex');
};
