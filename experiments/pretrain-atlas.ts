import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AtlasQuestion,
  atlasRealms,
  atlasSeed,
  atlasSets,
  atlasSpec,
  buildWorld,
  closedBookDocument,
  drawQuestions,
  factsDocuments,
  knownDocuments,
  type PretrainingDocument,
  passageDocument,
  reactDocument,
  readingDocument,
  recallDocument,
  type Search,
  type World,
} from '@coa/atlas';
import { openCompute } from '@coa/compute';
import { type Rng, seededRng } from '@coa/core';
import {
  createModel,
  createOptimizer,
  crossEntropy,
  defaultOptimizer,
  disposeModel,
  disposeOptimizer,
  llamaConfig,
  packSequences,
  parameterCount,
  type ScoredSequence,
  saveModel,
  train,
} from '@coa/model';
import { defineScript, type ScriptServices } from '@coa/runner';
import { labTokens, loadTokenizer, type Tokenizer, trainBpe } from '@coa/tokenizer';
import { ensureIndex } from '@coa/tools';

const vocabularySize = 2048;
const longest = 768;
const rows = 16;

const sizes = {
  full: { worlds: 24, entities: 1000, questions: 300, steps: 3000 },
  toy: { worlds: 2, entities: 200, questions: 20, steps: 3 },
} as const;

/** Share of the documents of each kind. */
const mixture = {
  passage: 0.137,
  'known passage': 0.18,
  'known facts': 0.15,
  reading: 0.3,
  recall: 0.17,
  'closed book': 0.06,
  react: 0.003,
} as const;

/** Kinds that are nothing but text to be learnt. */
const bare = ['passage', 'known passage', 'known facts'];

/** Weight of what a document only shows, in the loss; what is to be said weighs 1. */
const shownWeight = 0.2;

type Shelf = {
  readonly world: World;
  readonly questions: readonly AtlasQuestion[];
  readonly search: Search;
};

const anyOf = <T>(items: readonly T[], rng: Rng): T => items[Math.floor(rng() * items.length)]!;

/** Worlds that have nothing to do with Atlas but the words of their names; no name of a known entity is theirs. */
const openShelf = async (
  seed: number,
  reserved: ReadonlySet<string>,
  size: (typeof sizes)[keyof typeof sizes],
  folder: string,
): Promise<Shelf> => {
  const realms = [{ split: 'train', known: false, entities: size.entities } as const];
  const world = buildWorld(seed, realms, { reserved });
  const questions = atlasSets
    .filter(({ heldOut }) => !heldOut)
    .flatMap((set) =>
      drawQuestions(world, set, { split: 'train', known: false, count: size.questions }),
    )
    .filter(({ question }) => question.hops! <= 3);
  const index = await ensureIndex({
    passages: () => world.passages,
    sourceFingerprint: `world ${seed} ${size.entities}`,
    file: join(folder, `world-${seed}.idx`),
  });
  return { world, questions, search: (query) => index.search(query, 2) };
};

/** Draws documents: every call gives the same for the same generator state. */
const documents = (atlas: World, shelves: readonly Shelf[], recalled: readonly AtlasQuestion[]) => {
  const single = recalled.filter(({ question }) => question.hops === 1);
  const byKind: Record<keyof typeof mixture, (rng: Rng) => PretrainingDocument | null> = {
    passage: (rng) => passageDocument(anyOf(anyOf(shelves, rng).world.passages, rng)),
    'known passage': knownDocuments(atlas),
    'known facts': factsDocuments(atlas),
    reading: (rng) => {
      const { world, questions, search } = anyOf(shelves, rng);
      const asked = anyOf(questions, rng);
      return readingDocument(asked, world, search(asked.question.text), rng);
    },
    recall: (rng) => recallDocument(anyOf(recalled, rng), atlas, rng),
    'closed book': (rng) => closedBookDocument(anyOf(single, rng)),
    react: (rng) => {
      const { world, questions, search } = anyOf(shelves, rng);
      const asked = anyOf(questions, rng);
      return asked.question.hops! <= 2 ? reactDocument(asked, world, { search, rng }) : null;
    },
  };
  return (rng: Rng): PretrainingDocument | null => {
    let drawn = rng();
    for (const [kind, share] of Object.entries(mixture)) {
      drawn -= share;
      if (drawn < 0) return byKind[kind as keyof typeof mixture](rng);
    }
    return byKind.passage(rng);
  };
};

type Encoded = ScoredSequence & { readonly weights: readonly number[] };

const encode = ({ kind, written }: PretrainingDocument, tokenizer: Tokenizer): Encoded => {
  const shown = bare.includes(kind) ? 1 : shownWeight;
  const parts = written.map((piece) => ({
    ids: [
      ...(piece.kind === 'markup'
        ? tokenizer.encodeMarkup(piece.text)
        : tokenizer.encode(piece.text)),
    ],
    weight: piece.kind === 'markup' ? 1 : shown,
  }));
  const ids = Int32Array.from(parts.flatMap((part) => part.ids)).slice(0, longest);
  const weights = parts.flatMap((part) => part.ids.map(() => part.weight)).slice(0, longest);
  return { ids, weights, wanted: new Uint8Array(ids.length).fill(1) };
};

/** As many documents as fill the rows of a step. */
const stepSequences = (draw: ReturnType<typeof documents>, tokenizer: Tokenizer, rng: Rng) => {
  const sequences: Encoded[] = [];
  for (let tokens = 0; tokens < rows * longest * 0.97; ) {
    const document = draw(rng);
    if (!document) continue;
    const sequence = encode(document, tokenizer);
    sequences.push(sequence);
    tokens += sequence.ids.length;
  }
  return sequences;
};

const learnTokenizer = (draw: ReturnType<typeof documents>, seed: number): string => {
  const rng = seededRng(seed);
  const texts = Array.from({ length: 6000 }, () => draw(rng)).flatMap((document) =>
    (document?.written ?? []).map(({ text }) => text),
  );
  const { given, surname, place, region } = atlasSpec.pools;
  const names = [...given!, ...surname!, ...place!, ...region!].map((word) => ` ${word}`);
  return trainBpe(texts, {
    vocabularySize,
    specialTokens: labTokens(),
    wholeWords: names,
  });
};

export const preparePretraining = async ({ size, seed, folder, onProgress }: ScriptServices) => {
  const amounts = sizes[size];
  const atlas = buildWorld(atlasSeed, atlasRealms);
  const reserved = new Set(
    atlas.entities.filter(({ realm }) => atlas.realms[realm]!.known).map(({ name }) => name),
  );
  const shelves: Shelf[] = [];
  for (let i = 0; i < amounts.worlds; i++) {
    shelves.push(await openShelf(atlasSeed + 1 + i, reserved, amounts, folder));
    onProgress('worlds', i + 1, amounts.worlds);
  }
  const recalled = atlasSets
    .filter(({ heldOut }) => !heldOut)
    .flatMap((set) => drawQuestions(atlas, set, { split: 'train', known: true, count: 600 }))
    .filter(({ question }) => question.hops! <= 3);
  const draw = documents(atlas, shelves, recalled);
  return { draw, tokenizerFile: learnTokenizer(draw, seed) };
};

/** `npx nx run experiments:pretrain-atlas`: rebuilds the base model that is committed in `datasets/atlas/base`. */
export const pretrainAtlas = defineScript({
  name: 'pretrain-atlas',
  claim:
    'A nano model learns to read, to reason and to remember the known part of Atlas, and sees a little tool use in ReAct form.',
  seed: 1,
  run: async (services) => {
    const { folder, size, seed, stopping, say, onProgress } = services;
    mkdirSync(folder, { recursive: true });
    const { backend, detail, threads } = await openCompute(services.compute);
    const { draw, tokenizerFile } = await preparePretraining(services);
    const tokenizer = loadTokenizer(tokenizerFile);
    const config = llamaConfig({
      vocabulary: vocabularySize,
      width: 128,
      layers: 4,
      heads: 4,
      ffn: 384,
      positions: 2048,
    });
    say(`${parameterCount(config)} parameters on ${backend} (${detail}), ${threads} threads`);
    const model = createModel(config, seed);
    const optimizer = createOptimizer(model);
    const { steps } = sizes[size];
    const losses: number[] = [];
    let tokens = 0;
    const { step, finished } = await train(model, optimizer, {
      steps,
      schedule: {
        kind: 'cosine',
        peak: 2.5e-3,
        warmup: Math.min(100, steps / 3),
        steps,
        floor: 0.02,
      },
      optimizer: defaultOptimizer,
      seed,
      recipe: { name: 'pretrain-atlas', size, mixture, shownWeight, rows, longest },
      checkpoint: { file: join(folder, `${size}.safetensors`), every: 100 },
      signal: stopping,
      onStep: (report) => {
        losses.push(report.loss);
        if (report.step % 20 === 0) {
          const recent = losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20;
          say(
            `step ${report.step}: loss ${recent.toFixed(4)}, ${(tokens / 1e6).toFixed(2)} M tokens`,
          );
        }
        onProgress('pretraining', report.step, steps);
      },
      batch: (_, rng) => {
        const sequences = stepSequences(draw, tokenizer, rng);
        tokens += sequences.reduce((sum, { ids }) => sum + ids.length, 0);
        const packed = packSequences(sequences, longest);
        const weights = Float32Array.from(sequences.flatMap((one) => one.weights.slice(1)));
        return [{ label: 'documents', loss: () => crossEntropy(model, packed, weights) }];
      },
    });
    if (finished) {
      const out = join(folder, `model-${size}`);
      saveModel(model, out, { dtype: 'F16', tokenizer: { json: tokenizerFile } });
      say(`saved ${out}`);
    }
    disposeOptimizer(optimizer);
    disposeModel(model);
    return {
      complete: finished,
      table: `loss ${losses.at(-1)?.toFixed(4)} after ${step} steps (seed ${seed})`,
      facts: { backend, detail, seed, step, loss: losses.at(-1) },
    };
  },
});
