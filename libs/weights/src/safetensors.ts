import { type ByteFile, openBytes } from './byte-file.ts';
import { toFloats } from './dtypes.ts';
import { type Entry, parseHeader } from './safetensors-header.ts';
import type { WeightFile } from './weight-file.ts';

/** The limit of the reference implementation. */
const mostHeaderBytes = 100_000_000;

/** 8 bytes of length, the header as JSON, the data. */
const readHeader = (bytes: ByteFile) => {
  if (bytes.size < 8) throw new Error(`it has ${bytes.size} bytes, and a length takes 8`);
  const length = new DataView(bytes.read(0, 8).buffer).getBigUint64(0, true);
  if (length > mostHeaderBytes)
    throw new Error(`its length is ${length} bytes, and at most ${mostHeaderBytes} are read`);
  const dataAt = 8 + Number(length);
  if (dataAt > bytes.size)
    throw new Error(
      `its length is ${length} bytes, and the file has ${bytes.size}: it is cut short`,
    );
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return { dataAt, ...parseHeader(text.decode(bytes.read(8, dataAt - 8)), bytes.size - dataAt) };
};

const asWeightFile = (
  file: string,
  bytes: ByteFile,
  { entries, metadata, dataAt }: ReturnType<typeof readHeader>,
): WeightFile => {
  const tensors = new Map<string, Entry>(entries.map((entry) => [entry.name, entry]));
  const stored = (
    name: string,
  ): { readonly entry: Entry; readonly raw: Uint8Array<ArrayBuffer> } => {
    const entry = tensors.get(name);
    if (!entry) throw new Error(`${file} has no tensor ${name}`);
    return { entry, raw: bytes.read(dataAt + entry.begin, entry.end - entry.begin) };
  };
  const read = (name: string): Float32Array => {
    const { entry, raw } = stored(name);
    try {
      return toFloats(entry.dtype, raw);
    } catch (cause) {
      throw new RangeError(`${file}: tensor ${name}: ${(cause as Error).message}`, { cause });
    }
  };
  return { tensors, metadata, read, readBytes: (name) => stored(name).raw, close: bytes.close };
};

/** Opens a .safetensors file, its header checked. */
export const openSafetensors = (file: string): WeightFile => {
  const bytes = openBytes(file);
  try {
    return asWeightFile(file, bytes, readHeader(bytes));
  } catch (cause) {
    bytes.close();
    throw new Error(
      `${file} is no safetensors file, or is damaged; its header: ${(cause as Error).message}`,
      { cause },
    );
  }
};
