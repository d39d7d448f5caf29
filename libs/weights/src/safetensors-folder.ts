import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openSafetensors } from './safetensors.ts';
import { parseUniqueJson } from './unique-json.ts';
import type { TensorInfo, WeightFile } from './weight-file.ts';

/** A name within the folder, never a path. */
const shardName = z.string().regex(/^[\w-][\w.-]*\.safetensors$/);

/** Tensor name to shard name. */
const readIndex = (file: string): ReadonlyMap<string, string> => {
  try {
    const index = z
      .object({ weight_map: z.custom<object>((map) => map !== null && typeof map === 'object') })
      .parse(parseUniqueJson(readFileSync(file, 'utf8')));
    return new Map(
      Object.entries(index.weight_map).map(([name, shard]) => {
        const parsed = shardName.safeParse(shard);
        if (!parsed.success)
          throw new Error(`tensor ${name} is in ${JSON.stringify(shard)}, which is no file name`);
        return [name, parsed.data];
      }),
    );
  } catch (cause) {
    throw new Error(`${file} is no index of shards: ${(cause as Error).message}`, { cause });
  }
};

const openShards = (folder: string, names: Iterable<string>): ReadonlyMap<string, WeightFile> => {
  const shards = new Map<string, WeightFile>();
  try {
    for (const name of names) shards.set(name, openSafetensors(join(folder, name)));
  } catch (cause) {
    for (const shard of shards.values()) shard.close();
    throw cause;
  }
  return shards;
};

const openSharded = (folder: string, index: string): WeightFile => {
  const shardOf = readIndex(index);
  const shards = openShards(folder, new Set(shardOf.values()));
  const close = (): void => {
    for (const shard of shards.values()) shard.close();
  };
  const holder = (name: string): WeightFile => {
    const shard = shards.get(shardOf.get(name) ?? '');
    if (!shard) throw new Error(`${folder} has no tensor ${name}`);
    return shard;
  };
  const tensors = new Map<string, TensorInfo>();
  for (const [name, shard] of shardOf) {
    const info = shards.get(shard)!.tensors.get(name);
    if (!info) {
      close();
      throw new Error(`${index} says that tensor ${name} is in ${shard}, which does not have it`);
    }
    tensors.set(name, info);
  }
  const [first] = shards.values();
  return {
    tensors,
    metadata: first?.metadata ?? {},
    read: (name) => holder(name).read(name),
    readBytes: (name) => holder(name).readBytes(name),
    close,
  };
};

/**
 * Opens a model folder: `model.safetensors`, else the shards that `model.safetensors.index.json` lists, the order of
 * Transformers. Metadata is the first shard's.
 */
export const openSafetensorsFolder = (folder: string): WeightFile => {
  const whole = join(folder, 'model.safetensors');
  const index = `${whole}.index.json`;
  if (existsSync(whole)) return openSafetensors(whole);
  if (existsSync(index)) return openSharded(folder, index);
  throw new Error(`${folder} has neither model.safetensors nor model.safetensors.index.json`);
};
