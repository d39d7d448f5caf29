import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type ComputeOptions, openCompute } from '@coa/compute';
import type { Policy } from '@coa/core';
import { fileSha256 } from '@coa/download';
import { disposeModel, loadModel, modelPolicy } from '@coa/model';
import { loadTokenizer } from '@coa/tokenizer';

/** Whether a model specification names a folder of ours or of Transformers'. */
export const isModelFolder = (spec: string): boolean => existsSync(join(spec, 'config.json'));

const textOf = (folder: string, name: string): string => {
  const file = join(folder, name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new Error(
    `${folder} has no ${name}; a model folder holds config.json, model.safetensors and tokenizer.json`,
  );
};

/** Changes whenever the same weights and request may give other tokens. */
const samplerVersion = 1;

/** Opens a model folder (config.json, safetensors, tokenizer.json) as a policy in this process. */
export const openTrainedModel = async (
  folder: string,
  {
    contextTokens,
    concurrency,
    compute,
  }: {
    readonly contextTokens: number;
    readonly concurrency: number | null;
    readonly compute: ComputeOptions;
  },
): Promise<Policy> => {
  const opened = await openCompute(compute);
  const tokenizer = loadTokenizer(textOf(folder, 'tokenizer.json'));
  const model = loadModel(folder);
  const weights = await fileSha256(
    join(
      folder,
      existsSync(join(folder, 'model.safetensors'))
        ? 'model.safetensors'
        : 'model.safetensors.index.json',
    ),
  );
  const policy = modelPolicy({
    model,
    tokenizer,
    name: basename(resolve(folder)),
    fingerprint: `model:${weights}:${tokenizer.fingerprint}:${opened.fingerprint}:sampler ${samplerVersion}`,
    contextTokens,
    ...(concurrency !== null && { concurrency }),
  });
  const close = async (): Promise<void> => {
    await policy.close();
    disposeModel(model);
  };
  return { ...policy, close };
};
