import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  atlasRealms,
  atlasSeed,
  atlasSets,
  atlasSpec,
  atlasVersion,
  buildWorld,
  drawQuestions,
  type PretrainingDocument,
  type PretrainingMixture,
  pretrainingDocuments,
  pretrainingMixtures,
  type Shelf,
} from '@coa/atlas';
import { openCompute } from '@coa/compute';
import { type Rng, seededRng } from '@coa/core';
import { fileSha256 } from '@coa/download';
import {
  createModel,
  createOptimizer,
  crossEntropy,
  defaultOptimizer,
  disposeModel,
  disposeOptimizer,
  llamaConfig,
  loadModel,
  type Model,
  packSequences,
  parameterCount,
  type ScoredSequence,
  saveModel,
  type TrainPlan,
  train,
} from '@coa/model';
import { defineScript, type ScriptServices } from '@coa/runner';
import { labTokens, loadTokenizer, type Tokenizer, trainBpe } from '@coa/tokenizer';
import { ensureIndex } from '@coa/tools';

const config = llamaConfig({
  vocabulary: 2048,
  width: 128,
  layers: 4,
  heads: 4,
  ffn: 384,
  positions: 2048,
});

/** Longest document and length of a row, in tokens; rows of a step. */
const longest = 768;
const rows = 16;

const sizes = {
  full: { worlds: 24, entities: 1000, questions: 300 },
  toy: { worlds: 2, entities: 200, questions: 20 },
} as const;

type Phase = {
  readonly name: string;
  readonly mixture: PretrainingMixture;
  /** Highest learning rate. */
  readonly peak: number;
  readonly steps: Readonly<Record<keyof typeof sizes, number>>;
};

/** Each begins with the saved float16 weights of the one before, and with a new optimizer. */
const phases: readonly Phase[] = [
  {
    name: 'general',
    mixture: pretrainingMixtures.general,
    peak: 2.5e-3,
    steps: { full: 6000, toy: 3 },
  },
  {
    name: 'reading',
    mixture: pretrainingMixtures.reading,
    peak: 1.2e-3,
    steps: { full: 1500, toy: 2 },
  },
];

/** Kinds that are nothing but text to be learnt. */
const bare = ['passage', 'known passage', 'known facts'];

/** Weight of what a document only shows, in the loss; what is to be said weighs 1. */
const shownWeight = 0.2;

type Draw = (rng: Rng) => PretrainingDocument | null;

/** A world that has nothing to do with Atlas but the words of its names; no name of a known entity is its. */
const openShelf = async (
  seed: number,
  reserved: ReadonlySet<string>,
  { size, folder }: ScriptServices,
): Promise<Shelf> => {
  const { entities, questions: count } = sizes[size];
  const world = buildWorld(seed, [{ split: 'train', known: false, entities }], { reserved });
  const questions = atlasSets
    .filter(({ heldOut }) => !heldOut)
    .flatMap((set) => drawQuestions(world, set, { split: 'train', known: false, count }))
    .filter(({ question }) => question.hops! <= 3);
  const index = await ensureIndex({
    passages: () => world.passages,
    sourceFingerprint: `atlas ${atlasVersion} world ${seed} ${entities}`,
    file: join(folder, `world-${seed}.idx`),
  });
  return { world, questions, search: (query) => index.search(query, 2) };
};

/** What the documents of a phase are drawn from. */
const openDocuments = async (
  services: ScriptServices,
): Promise<(mixture: PretrainingMixture) => Draw> => {
  const atlas = buildWorld(atlasSeed, atlasRealms);
  const known = atlas.entities.filter(({ realm }) => atlas.realms[realm]!.known);
  const reserved = new Set(known.map(({ name }) => name));
  const { worlds } = sizes[services.size];
  const shelves: Shelf[] = [];
  for (let i = 0; i < worlds; i++) {
    shelves.push(await openShelf(atlasSeed + 1 + i, reserved, services));
    services.onProgress('worlds', i + 1, worlds);
  }
  const recalled = atlasSets
    .filter(({ heldOut }) => !heldOut)
    .flatMap((set) => drawQuestions(atlas, set, { split: 'train', known: true, count: 600 }))
    .filter(({ question }) => question.hops! <= 3);
  return (mixture) => pretrainingDocuments(atlas, shelves, recalled, mixture);
};

const learnTokenizer = (draw: Draw, seed: number): string => {
  const rng = seededRng(seed);
  const texts = Array.from({ length: 6000 }, () => draw(rng)).flatMap((document) =>
    (document?.written ?? []).map(({ text }) => text),
  );
  const { given, surname, place, region } = atlasSpec.pools;
  const names = [...given!, ...surname!, ...place!, ...region!].map((word) => ` ${word}`);
  return trainBpe(texts, {
    vocabularySize: config.vocabulary,
    specialTokens: labTokens(),
    wholeWords: names,
  });
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
const stepSequences = (draw: Draw, tokenizer: Tokenizer, rng: Rng): Encoded[] => {
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

const batchOf =
  (model: Model, draw: Draw, tokenizer: Tokenizer): TrainPlan['batch'] =>
  (_, rng) => {
    const sequences = stepSequences(draw, tokenizer, rng);
    const packed = packSequences(sequences, longest);
    const weights = Float32Array.from(sequences.flatMap((one) => one.weights.slice(1)));
    return [{ label: 'documents', loss: () => crossEntropy(model, packed, weights) }];
  };

/** What a phase begins with, as hashes: a checkpoint that began with anything else is refused. */
type Begun = {
  /** Of the weights of the phase before; null = new weights. */
  readonly weights: string | null;
  readonly tokenizer: string;
  readonly atlas: number;
  readonly data: (typeof sizes)[keyof typeof sizes];
};

/** Steps between two lines of the log. */
const tellEvery = 20;

const planOf = (
  { name, mixture, peak, steps: stepsOf }: Phase,
  { begun, batch }: { readonly begun: Begun; readonly batch: TrainPlan['batch'] },
  { size, seed, folder, stopping, say, onProgress }: ScriptServices,
): TrainPlan & { readonly losses: number[] } => {
  const steps = stepsOf[size];
  const losses: number[] = [];
  return {
    steps,
    schedule: {
      kind: 'cosine',
      peak,
      warmup: Math.min(100, steps / 3),
      steps,
      floor: 0.02,
    },
    optimizer: defaultOptimizer,
    seed,
    recipe: { name: `pretrain-atlas ${name}`, begun, mixture, shownWeight, rows, longest },
    checkpoint: { file: join(folder, `${size}-${name}.safetensors`), every: 100 },
    signal: stopping,
    onStep: ({ step, loss }) => {
      losses.push(loss);
      onProgress(`pretraining, ${name}`, step, steps);
      if (step % tellEvery !== 0) return;
      const recent = losses.slice(-tellEvery);
      const mean = recent.reduce((sum, one) => sum + one, 0) / recent.length;
      say(`${name}, step ${step}: loss ${mean.toFixed(4)}`);
    },
    batch,
    losses,
  };
};

type Trained = {
  readonly folder: string;
  readonly step: number;
  readonly loss: number | undefined;
  /** sha256 of the saved weights; null = stopped before the end. */
  readonly weights: string | null;
};

/** `before`: the phase that this one goes on from; undefined = new weights. */
const trainPhase = async (
  phase: Phase,
  before: Trained | undefined,
  { draw, json }: { readonly draw: Draw; readonly json: string },
  services: ScriptServices,
): Promise<Trained> => {
  const { size, seed, folder: home } = services;
  const model = before ? loadModel(before.folder) : createModel(config, seed);
  const optimizer = createOptimizer(model);
  const tokenizer = loadTokenizer(json);
  const begun: Begun = {
    weights: before?.weights ?? null,
    tokenizer: tokenizer.fingerprint,
    atlas: atlasVersion,
    data: sizes[size],
  };
  const batch = batchOf(model, draw, tokenizer);
  const plan = planOf(phase, { begun, batch }, services);
  const { step, finished } = await train(model, optimizer, plan);
  const folder = join(home, `model-${size}-${phase.name}`);
  if (finished) saveModel(model, folder, { dtype: 'F16', tokenizer: { json } });
  disposeOptimizer(optimizer);
  disposeModel(model);
  const weights = finished ? await fileSha256(join(folder, 'model.safetensors')) : null;
  return { folder, step, loss: plan.losses.at(-1), weights };
};

/** `npx nx run experiments:pretrain-atlas`: makes the base model that is committed in `datasets/atlas/base` anew. */
export const pretrainAtlas = defineScript({
  name: 'pretrain-atlas',
  claim:
    'A nano model learns to read, to reason and to remember the known part of Atlas, and sees a little tool use in ReAct form.',
  seed: 1,
  run: async (services) => {
    const { folder, seed, say } = services;
    mkdirSync(folder, { recursive: true });
    const { backend, detail, threads } = await openCompute(services.compute);
    const documents = await openDocuments(services);
    const json = learnTokenizer(documents(phases[0]!.mixture), seed);
    say(`${parameterCount(config)} parameters on ${backend} (${detail}), ${threads} threads`);
    const trained: Trained[] = [];
    for (const phase of phases) {
      const draw = documents(phase.mixture);
      trained.push(await trainPhase(phase, trained.at(-1), { draw, json }, services));
      if (trained.at(-1)!.weights === null) break;
    }
    const lines = trained.map(({ folder: out, step, loss, weights }, i) => {
      const reached = loss === undefined ? '' : `loss ${loss.toFixed(4)} after `;
      const saved = weights === null ? '' : `, in ${out} (weights sha256 ${weights})`;
      return `${phases[i]!.name}: ${reached}${step} steps (seed ${seed})${saved}`;
    });
    const last = trained.at(-1)!;
    return {
      complete: trained.length === phases.length && last.weights !== null,
      table: lines.join('\n'),
      facts: { backend, detail, seed, phases: trained },
    };
  },
});
