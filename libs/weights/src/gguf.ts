import { resolve } from 'node:path';
import {
  GGMLQuantizationType,
  type GGUFParseOutput,
  type GGUFTensorInfo,
  gguf,
} from '@huggingface/gguf';
import { type ByteFile, openBytes } from './byte-file.ts';
import { dequantize, storedBytes } from './dequantize.ts';
import { type TensorInfo, valuesIn, type WeightFile } from './weight-file.ts';

type Stored = TensorInfo & { readonly begin: number; readonly end: number };

const storedTensor = (
  { name, shape, dtype: type, offset }: GGUFTensorInfo,
  dataAt: number,
  fileBytes: number,
): Stored => {
  const dtype = GGMLQuantizationType[type] ?? String(type);
  // GGML gives the fastest dimension first
  const rows = shape.map(Number).reverse();
  const begin = dataAt + Number(offset);
  try {
    const end = begin + storedBytes(dtype, valuesIn(rows), rows.at(-1) ?? 1);
    if (end > fileBytes)
      throw new Error(`it ends at ${end}, the file at ${fileBytes}: it is cut short or damaged`);
    return { name, shape: rows, dtype, begin, end };
  } catch (cause) {
    throw new Error(`tensor ${name}, [${rows}] of ${dtype}: ${(cause as Error).message}`, {
      cause,
    });
  }
};

const assertDisjoint = (stored: readonly Stored[]): void => {
  const names = new Set<string>();
  let before: Stored | undefined;
  for (const tensor of stored.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (names.has(tensor.name)) throw new Error(`tensor ${tensor.name} is given twice`);
    if (before && tensor.begin < before.end)
      throw new Error(
        `tensor ${tensor.name} begins at ${tensor.begin}, within ${before.name}, which ends at ${before.end}`,
      );
    names.add(tensor.name);
    before = tensor;
  }
};

const storedTensors = (
  { tensorInfos, tensorDataOffset, tensorInfoByteRange, littleEndian }: GGUFParseOutput,
  fileBytes: number,
): ReadonlyMap<string, Stored> => {
  if (!littleEndian) throw new Error('it is big-endian; convert it to little-endian');
  // the library reads zeros beyond the end
  if (tensorInfoByteRange[1] > fileBytes)
    throw new Error(`its header is cut short by the end of the file at ${fileBytes}`);
  const dataAt = Number(tensorDataOffset);
  const stored = tensorInfos.map((info) => storedTensor(info, dataAt, fileBytes));
  assertDisjoint(stored);
  return new Map(stored.map((tensor) => [tensor.name, tensor]));
};

const asWeightFile = (file: string, bytes: ByteFile, parsed: GGUFParseOutput): WeightFile => {
  const tensors = storedTensors(parsed, bytes.size);
  const found = (name: string): Stored => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${file} has no tensor ${name}`);
    return tensor;
  };
  const readBytes = (name: string): Uint8Array<ArrayBuffer> => {
    const { begin, end } = found(name);
    return bytes.read(begin, end - begin);
  };
  return {
    tensors,
    // own entries only: a key __proto__ has become the prototype
    metadata: { ...parsed.metadata },
    read: (name) => dequantize(found(name).dtype, readBytes(name)),
    readBytes,
    close: bytes.close,
  };
};

/**
 * Opens one GGUF file, its header (50 MB at most) read by @huggingface/gguf. Tensors keep their GGUF names; shapes are
 * row-major, the reverse of GGML's.
 */
export const openGguf = async (file: string): Promise<WeightFile> => {
  const bytes = openBytes(file);
  try {
    // a whole path: the library would fetch a name that begins like an address
    const parsed = await gguf(resolve(file), { allowLocalFile: true });
    return asWeightFile(file, bytes, parsed);
  } catch (cause) {
    bytes.close();
    throw new Error(`${file} is no GGUF file that is read here: ${(cause as Error).message}`, {
      cause,
    });
  }
};
