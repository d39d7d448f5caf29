import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensorsFolder, type WeightFile, writeSafetensors } from '@coa/weights';
import {
  assertTensors,
  huggingFaceParts,
  joinParts,
  type NamedPart,
  rowSize,
} from './hugging-face.ts';
import { parseConfig, renderConfig } from './hugging-face-config.ts';
import { effectiveWeight } from './lora.ts';
import { type Model, modelOf, parameterOf } from './model.ts';
import { parametersFrom } from './parameters.ts';

export type WeightType = 'F32' | 'F16' | 'BF16';

/** The rows of a named part, adapters merged. */
const partValues = (model: Model, { parameter, from, to }: NamedPart): Float32Array => {
  const effective = model.lora?.adapters.has(parameter) ? effectiveWeight(model, parameter) : null;
  const { shape } = parameterOf(model, parameter);
  const all = (effective ?? parameterOf(model, parameter)).dataSync() as Float32Array;
  effective?.dispose();
  return all.subarray(from * rowSize(shape), to * rowSize(shape));
};

const writeText = (file: string, text: string): void => {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
};

/**
 * Writes config.json, model.safetensors and, where given, tokenizer.json: a folder that Transformers opens. Adapters are
 * merged into the weights that are written.
 */
export const saveModel = (
  model: Model,
  folder: string,
  options: { readonly dtype: WeightType; readonly tokenizer?: { readonly json: string } },
): void => {
  mkdirSync(folder, { recursive: true });
  writeText(join(folder, 'config.json'), renderConfig(model.config));
  if (options.tokenizer) writeText(join(folder, 'tokenizer.json'), options.tokenizer.json);
  const parts = new Map(huggingFaceParts(model.config).map((part) => [part.name, part]));
  const tensors = [...parts].map(([name, { parameter, from, to }]) => ({
    name,
    shape: [to - from, ...parameterOf(model, parameter).shape.slice(1)],
  }));
  const valuesOf = (name: string) => partValues(model, parts.get(name)!);
  const file = join(folder, 'model.safetensors');
  writeSafetensors(file, tensors, valuesOf, { dtype: options.dtype, metadata: { format: 'pt' } });
};

const headName = 'lm_head.weight';

/** Some checkpoints of a tied model carry the head all the same: it must be the embedding. */
const assertTiedHead = (weights: WeightFile, folder: string): void => {
  const [head, embedding] = [headName, 'model.embed_tokens.weight'].map((name) =>
    Buffer.from(weights.readBytes(name)),
  );
  if (!head!.equals(embedding!))
    throw new Error(
      `${folder} has an ${headName} of its own, but tie_word_embeddings says that it is the embedding`,
    );
};

/**
 * Opens a folder with config.json and safetensors weights by Hugging Face's names. Throws where it holds a setting or a
 * tensor that the network would leave out.
 */
export const loadModel = (folder: string): Model => {
  const file = join(folder, 'config.json');
  const config = parseConfig(readFileSync(file, 'utf8'), file);
  const weights = openSafetensorsFolder(folder);
  try {
    const wanted = huggingFaceParts(config).map(({ name }) => name);
    const tiedHead = config.tied && weights.tensors.has(headName);
    assertTensors(folder, weights.tensors.keys(), tiedHead ? [...wanted, headName] : wanted);
    if (tiedHead) assertTiedHead(weights, folder);
    return modelOf(
      config,
      parametersFrom(config, (name) => joinParts(config, name, (part) => weights.read(part.name))),
    );
  } finally {
    weights.close();
  }
};
