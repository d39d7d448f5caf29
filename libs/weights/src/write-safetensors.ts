import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { type Dtype, dtypeBytes, type TensorValues, toBytes } from './dtypes.ts';
import { valuesIn } from './weight-file.ts';

/** A tensor to be written. */
export type NewTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it is not the file's. */
  readonly dtype?: Dtype;
};

export type WriteOptions = {
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly metadata?: Readonly<Record<string, string>>;
};

/** writeSync refuses 2 GiB and more at once. */
const mostAtOnce = 2 ** 30;

const writeAll = (descriptor: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; )
    at += writeSync(descriptor, bytes, at, Math.min(bytes.length - at, mostAtOnce));
};

const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Writes beside the file under a name of its own, syncs, renames. A failure leaves the file as it was. */
const replaceFile = (file: string, write: (descriptor: number) => void): void => {
  const part = join(dirname(file), `.${basename(file)}.${process.pid}.${threadId}.part`);
  try {
    const descriptor = openSync(part, 'w');
    try {
      write(descriptor);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, file);
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
  }
  syncFolder(dirname(file));
};

const assertNames = (names: readonly string[]): void => {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`tensor ${name} is given twice`);
    if (name === '__metadata__' || !name.isWellFormed())
      throw new Error(`no tensor can be named ${JSON.stringify(name)}`);
    seen.add(name);
  }
};

/** The JSON is put together by hand: an object would move names like 0 to the front. */
const renderHeader = (
  tensors: readonly Required<NewTensor>[],
  metadata: WriteOptions['metadata'],
): Buffer => {
  let at = 0;
  const entries = tensors.map(({ name, shape, dtype }) => {
    const begin = at;
    at += valuesIn(shape) * dtypeBytes(dtype);
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, at] })}`;
  });
  const first = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const text = Buffer.from(`{${[...first, ...entries].join(',')}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  text.copy(header, 8);
  return header;
};

const bytesOf = (
  { name, shape, dtype }: Required<NewTensor>,
  valuesOf: (name: string) => TensorValues,
): Uint8Array => {
  const values = valuesOf(name);
  if (values.length !== valuesIn(shape))
    throw new RangeError(
      `tensor ${name} has ${values.length} values; its shape [${shape}] needs ${valuesIn(shape)}`,
    );
  try {
    return toBytes(dtype, values);
  } catch (cause) {
    throw new TypeError(`tensor ${name}: ${(cause as Error).message}`, { cause });
  }
};

/**
 * Writes a .safetensors file: to a temporary name beside it, synced, renamed. The same input gives the same bytes. In
 * the file the widest dtype comes first, so that every tensor is aligned; within a dtype's width the order is the
 * given one.
 * @param tensors names and shapes; the header needs them all before the first value
 * @param valuesOf the values of one tensor, asked for one after the other; see `TensorValues` for the kind of array
 */
export const writeSafetensors = (
  file: string,
  tensors: readonly NewTensor[],
  valuesOf: (name: string) => TensorValues,
  { dtype, metadata }: WriteOptions,
): void => {
  assertNames(tensors.map(({ name }) => name));
  const ordered = tensors
    .map((tensor) => ({ dtype, ...tensor }))
    .sort((a, b) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype));
  replaceFile(file, (descriptor) => {
    writeAll(descriptor, renderHeader(ordered, metadata));
    for (const tensor of ordered) writeAll(descriptor, bytesOf(tensor, valuesOf));
  });
};
