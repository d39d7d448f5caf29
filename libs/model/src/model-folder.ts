import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensorsFolder, writeSafetensors } from '@coa/weights';
import {
  huggingFaceParts,
  joinParts,
  type NamedPart,
  parseConfig,
  renderConfig,
  rowSize,
} from './hugging-face.ts';
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

/** Opens a folder with config.json and safetensors weights by Hugging Face's names. */
export const loadModel = (folder: string): Model => {
  const file = join(folder, 'config.json');
  const config = parseConfig(readFileSync(file, 'utf8'), file);
  const weights = openSafetensorsFolder(folder);
  try {
    const known = new Set(weights.tensors.keys());
    const missing = huggingFaceParts(config).find(({ name }) => !known.has(name));
    if (missing)
      throw new Error(`${folder} has no tensor ${missing.name}, which its config.json asks for`);
    return modelOf(
      config,
      parametersFrom(config, (name) => joinParts(config, name, (part) => weights.read(part.name))),
    );
  } finally {
    weights.close();
  }
};
