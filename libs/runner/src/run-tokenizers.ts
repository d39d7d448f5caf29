import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import type { Manifest } from '@coa/core';
import { knownModels, modelFile } from '@coa/policies';
import { type TokenTextsOf, tokenTexts } from '@coa/report';
import { ggufTokenizer, loadTokenizer, type Tokenizer } from '@coa/tokenizer';
import { openGguf } from '@coa/weights';
import { atlasBase } from './open-model.ts';
import type { Places } from './places.ts';

const fileIn = (folder: string): string => join(folder, 'tokenizer.json');

/** An arm's base model where its recipe names one of this checkout; a store from elsewhere may name anything. */
const baseOf = (arm: unknown, root: string): string | null => {
  const base = (arm as { recipe?: { base?: unknown } } | null)?.recipe?.base;
  if (typeof base !== 'string' || isAbsolute(base) || normalize(base).startsWith('..')) return null;
  return existsSync(fileIn(join(root, base))) ? join(root, base) : null;
};

const stageFolders = ({ home }: Places): string[] => {
  const folder = join(home, 'training', 'stages');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
};

const loaded = (folder: string): Tokenizer => loadTokenizer(readFileSync(fileIn(folder), 'utf8'));

/** The tokenizer with this fingerprint, of the base model or of a trained stage. */
const withFingerprint = (fingerprint: string, places: Places): Tokenizer | null => {
  const folders = [join(places.root, atlasBase), ...stageFolders(places)];
  for (const folder of folders.filter((one) => existsSync(fileIn(one)))) {
    const tokenizer = loaded(folder);
    if (tokenizer.fingerprint === fingerprint) return tokenizer;
  }
  return null;
};

/** The tokenizer in a GGUF file that was fetched. */
const ofGguf = async (sha256: string, { home }: Places): Promise<Tokenizer | null> => {
  const model = knownModels.find((known) => known.sha256 === sha256);
  if (!model || !existsSync(modelFile(model.name, home))) return null;
  const file = await openGguf(modelFile(model.name, home));
  try {
    return ggufTokenizer(file.metadata);
  } finally {
    file.close();
  }
};

/** The tokenizer of the run's model, as its fingerprint names it; null where it is not at hand. */
const ofModel = async (
  { model }: Pick<Manifest, 'model'>,
  places: Places,
): Promise<Tokenizer | null> => {
  const [kind, first, second] = model.fingerprint.split(':');
  if (kind === 'gguf' && first) return ofGguf(first, places);
  return kind === 'model' && second ? withFingerprint(second, places) : null;
};

const textsBy = (tokenizer: Tokenizer) => {
  const controls = new Map([...tokenizer.specials].map(([content, id]) => [id, content]));
  const utf8 = new TextEncoder();
  return tokenTexts((id) => {
    if (id < 0 || id >= tokenizer.size) return null;
    try {
      const bytes = tokenizer.decodeBytes(Int32Array.of(id));
      // decoding leaves control tokens out
      const content = bytes.length === 0 ? controls.get(id) : undefined;
      return content === undefined
        ? { bytes, control: false }
        : { bytes: utf8.encode(content), control: true };
    } catch {
      return null;
    }
  });
};

/**
 * What the tokens of a run's arms are in text, by the tokenizers at hand: of an arm's own base model, else of the run's
 * model. Where there is none, the reason.
 */
export const runTokenTexts = async (
  manifest: Pick<Manifest, 'arms' | 'model'>,
  places: Places,
): Promise<TokenTextsOf> => {
  const common = await ofModel(manifest, places);
  const commonTexts = common
    ? textsBy(common)
    : `The tokenizer of ${manifest.model.name} is not at hand.`;
  const own = Object.entries(manifest.arms).flatMap(([name, arm]) => {
    const base = baseOf(arm, places.root);
    return base === null ? [] : [[name, textsBy(loaded(base))] as const];
  });
  const ofArm = new Map(own);
  return (arm) => ofArm.get(arm) ?? commonTexts;
};
