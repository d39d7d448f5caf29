import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { brainsToFloats, floatsToBrains, floatsToHalves, halvesToFloats } from './half-floats.ts';
import { type Dtype, dtypeBytes, type Entry, parseHeader } from './safetensors-header.ts';
import { valuesIn, type WeightFile } from './weight-file.ts';

const mostHeaderBytes = 100_000_000;

const readExactly = (descriptor: number, position: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const read = readSync(descriptor, buffer, at, Math.min(bytes - at, 2 ** 30), position + at);
    if (read === 0) throw new Error(`the file ended ${bytes - at} bytes early`);
    at += read;
  }
  return buffer;
};

/** Bytes of one tensor as float32. */
const toFloats = (raw: Buffer, dtype: Dtype): Float32Array => {
  const { buffer, byteOffset, length } = raw;
  const count = length / dtypeBytes[dtype];
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
      return halvesToFloats(new Uint16Array(buffer, byteOffset, count));
    case 'BF16':
      return brainsToFloats(new Uint16Array(buffer, byteOffset, count));
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, count));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(raw);
  }
};

const headerOf = (file: string, descriptor: number) => {
  const total = statSync(file).size;
  if (total < 8) throw new Error(`${file} has ${total} bytes; it is no safetensors file`);
  const headerBytes = Number(readExactly(descriptor, 0, 8).readBigUInt64LE());
  if (headerBytes > mostHeaderBytes || headerBytes > total - 8) {
    throw new Error(
      `${file}: a header of ${headerBytes} bytes in a file of ${total}; it is cut short, or no safetensors file`,
    );
  }
  const text = readExactly(descriptor, 8, headerBytes).toString('utf8');
  return { ...parseHeader(file, text, total - 8 - headerBytes), dataAt: 8 + headerBytes };
};

/** Opens a .safetensors file. Every dtype is read as float32; integers beyond 2^24 lose digits. */
export const openSafetensors = (file: string): WeightFile => {
  const descriptor = openSync(file, 'r');
  try {
    const { entries, metadata, dataAt } = headerOf(file, descriptor);
    const tensors = new Map<string, Entry>(entries.map((entry) => [entry.name, entry]));
    return {
      tensors,
      metadata,
      read: (name) => {
        const entry = tensors.get(name);
        if (!entry) throw new Error(`${file} has no tensor ${name}`);
        return toFloats(
          readExactly(descriptor, dataAt + entry.begin, entry.end - entry.begin),
          entry.dtype,
        );
      },
      close: () => closeSync(descriptor),
    };
  } catch (cause) {
    closeSync(descriptor);
    throw cause;
  }
};

export type NamedTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
};

export type WriteOptions = {
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly metadata?: Readonly<Record<string, string>>;
};

const encoded = (
  values: Float32Array,
  dtype: WriteOptions['dtype'],
): Float32Array | Uint16Array => {
  switch (dtype) {
    case 'F32':
      return values;
    case 'F16':
      return floatsToHalves(values);
    case 'BF16':
      return floatsToBrains(values);
  }
};

const writeAll = (descriptor: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; )
    at += writeSync(descriptor, bytes, at, Math.min(bytes.length - at, 2 ** 30));
};

const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const renderHeader = (
  tensors: readonly Omit<NamedTensor, 'values'>[],
  { dtype, metadata }: WriteOptions,
): Buffer => {
  let at = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = at;
    at += valuesIn(shape) * dtypeBytes[dtype];
    return [name, { dtype, shape, data_offsets: [begin, at] }] as const;
  });
  const text = JSON.stringify({
    ...(metadata && { __metadata__: metadata }),
    ...Object.fromEntries(entries),
  });
  const padded = text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(padded)));
  return Buffer.concat([length, Buffer.from(padded)]);
};

const assertNamed = (names: readonly string[]): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`tensor ${twice} is given twice`);
  const reserved = names.find((name) => name === '__metadata__' || name === '__proto__');
  if (reserved !== undefined) throw new Error(`no tensor can be named ${reserved}`);
};

/**
 * Writes a .safetensors file: to a temporary name beside it, synced, renamed. The same input gives the same bytes.
 * @param tensors their names and shapes, in the order of the file
 * @param valuesOf the values of one tensor, asked for one after the other
 */
export const writeSafetensors = (
  file: string,
  tensors: readonly Omit<NamedTensor, 'values'>[],
  valuesOf: (name: string) => Float32Array,
  options: WriteOptions,
): void => {
  assertNamed(tensors.map(({ name }) => name));
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  const descriptor = openSync(temporary, 'w');
  try {
    writeAll(descriptor, renderHeader(tensors, options));
    for (const { name, shape } of tensors) {
      const values = valuesOf(name);
      if (values.length !== valuesIn(shape))
        throw new RangeError(
          `${name} has ${values.length} values; its shape [${shape}] needs ${valuesIn(shape)}`,
        );
      const { buffer, byteOffset, byteLength } = encoded(values, options.dtype);
      writeAll(descriptor, new Uint8Array(buffer, byteOffset, byteLength));
    }
    fsyncSync(descriptor);
  } catch (cause) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw cause;
  }
  closeSync(descriptor);
  renameSync(temporary, file);
  syncFolder(dirname(file));
};

const indexShape = z.object({
  weight_map: z.record(z.string(), z.string().regex(/^[\w.-]+\.safetensors$/)),
});

/** Opens a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists. */
export const openSafetensorsFolder = (folder: string): WeightFile => {
  const index = join(folder, 'model.safetensors.index.json');
  if (!existsSync(index)) return openSafetensors(join(folder, 'model.safetensors'));
  const parsed = indexShape.safeParse(JSON.parse(readFileSync(index, 'utf8')));
  if (!parsed.success)
    throw new Error(
      `${index}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
    );
  const names = [...new Set(Object.values(parsed.data.weight_map))].sort();
  const shards: WeightFile[] = [];
  const close = (): void => {
    for (const shard of shards) shard.close();
  };
  try {
    for (const name of names) shards.push(openSafetensors(join(folder, name)));
  } catch (cause) {
    close();
    throw cause;
  }
  const holder = (name: string): WeightFile => {
    const shard = shards.find(({ tensors }) => tensors.has(name));
    if (!shard) throw new Error(`${folder} has no tensor ${name}`);
    return shard;
  };
  return {
    tensors: new Map(shards.flatMap(({ tensors }) => [...tensors])),
    metadata: shards[0]?.metadata ?? {},
    read: (name) => holder(name).read(name),
    close,
  };
};
