import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DatasetPlaces } from './places.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.object({
  name: z.string(),
  title: z.string(),
  licence: z.string(),
  home: z.string(),
  kind: z.enum(['questions', 'corpus', 'raw']),
  /** The passages that its questions are searched in; `wiki82k` where it names none. */
  corpus: z.string().optional(),
  /** The evaluation split, fixed by committed ids. */
  evaluation: z
    .object({
      split: z.string(),
      ids: z.string(),
      rows: z.number().int(),
      /** `textsSha256` of its questions in the order of the ids: the ids name these questions and no others. */
      texts: hash.optional(),
      source: z.string(),
    })
    .optional(),
  /** Files that `import` knows by name. */
  imports: z.array(
    z.object({ file: z.string(), split: z.string(), sha256: hash, rows: z.number().int() }),
  ),
  /** `sha256: null`: no hash is published; the one that was downloaded is recorded. */
  downloads: z.array(
    z.object({
      url: z.url(),
      split: z.string(),
      idPrefix: z.string(),
      sha256: hash.nullable(),
    }),
  ),
});

export type DatasetManifest = z.infer<typeof manifestSchema>;

const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} cannot be read (${String(cause)}); restore it from git`, { cause });
  }
};

/** The committed sets, by folder name; the primer, which needs neither import nor fetch, is not among them. */
export const readCatalogue = async ({ root }: DatasetPlaces): Promise<DatasetManifest[]> => {
  const folder = join(root, 'datasets');
  const names = readdirSync(folder)
    .filter((name) => name !== 'primer' && existsSync(join(folder, name, 'manifest.json')))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name, 'manifest.json');
      const parsed = manifestSchema.safeParse(await readJson(file));
      if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    }),
  );
};

const publishedCorpus = 'wiki82k';

/** The corpus that a question set is searched in, as its manifest says. */
export const corpusOf = async (name: string, places: DatasetPlaces): Promise<string> => {
  if (name.startsWith('primer-')) return 'primer';
  const manifest = (await readCatalogue(places)).find((one) => one.name === name);
  return manifest?.corpus ?? publishedCorpus;
};

/** Names become folders and files, so they hold no path. */
export const assertPlainName = (what: string, name: string): void => {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name)) {
    throw new Error(`${what} '${name}' may hold letters, digits, '.', '_' and '-' alone`);
  }
};

/** Ids of a set's evaluation split, in the paper's order; null where the set has none. */
export const evaluationIds = async (
  manifest: DatasetManifest,
  { root }: DatasetPlaces,
): Promise<string[] | null> => {
  if (!manifest.evaluation) return null;
  const file = join(root, 'datasets', manifest.name, manifest.evaluation.ids);
  return z.array(z.string()).parse(await readJson(file));
};

/** Letters to change, drop or add to turn one name into the other. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
};

/** An error for a name that is not known: the nearest one, and all there are. */
export const unknownName = (what: string, name: string, known: readonly string[]): Error => {
  const distance = new Map(known.map((other) => [other, editDistance(name, other)]));
  const nearest = [...known].sort((a, b) => distance.get(a)! - distance.get(b)!)[0];
  const begun = name === '' ? undefined : known.find((other) => other.startsWith(name));
  const near = nearest && distance.get(nearest)! <= Math.min(3, name.length / 2);
  const meant = begun ?? (near ? nearest : undefined);
  const hint = meant ? `; did you mean '${meant}'?` : '.';
  return new Error(`unknown ${what} '${name}'${hint} Known: ${known.join(', ')}`);
};
