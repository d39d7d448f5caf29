import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { GGMLQuantizationType, gguf } from '@huggingface/gguf';
import { bytesOf, dequantize } from './dequantize.ts';
import { type TensorInfo, valuesIn, type WeightFile } from './weight-file.ts';

type Stored = TensorInfo & { readonly at: number; readonly bytes: number };

const storedTensor = (
  file: string,
  { name, shape, dtype, offset }: { name: string; shape: bigint[]; dtype: number; offset: bigint },
  dataAt: number,
  fileBytes: number,
): Stored => {
  const type = GGMLQuantizationType[dtype] ?? String(dtype);
  // GGML gives the fastest dimension first
  const rows = shape.map(Number).reverse();
  const at = dataAt + Number(offset);
  let bytes: number;
  try {
    bytes = bytesOf(type, valuesIn(rows));
  } catch (cause) {
    throw new Error(`${file}: ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  if (!Number.isSafeInteger(at + bytes) || at + bytes > fileBytes) {
    throw new Error(
      `${file}: ${name} ends at ${at + bytes}; the file has ${fileBytes} bytes: it is cut short or damaged`,
    );
  }
  return { name, shape: rows, dtype: type, at, bytes };
};

const readBytes = (descriptor: number, { at, bytes, name }: Stored, file: string): Uint8Array => {
  const buffer = new Uint8Array(bytes);
  const read = readSync(descriptor, buffer, 0, bytes, at);
  if (read !== bytes) throw new Error(`${file}: ${name}: ${read} of ${bytes} bytes could be read`);
  return buffer;
};

/** Opens a GGUF file; tensors keep their GGUF names, shapes are row-major. */
export const openGguf = async (file: string): Promise<WeightFile> => {
  const fileBytes = statSync(file).size;
  let parsed: Awaited<ReturnType<typeof gguf>>;
  try {
    parsed = await gguf(file, { allowLocalFile: true });
  } catch (cause) {
    throw new Error(
      `${file} is no readable GGUF file: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const dataAt = Number(parsed.tensorDataOffset);
  const tensors = new Map(
    parsed.tensorInfos.map(
      (info) => [info.name, storedTensor(file, info, dataAt, fileBytes)] as const,
    ),
  );
  const descriptor = openSync(file, 'r');
  return {
    tensors,
    metadata: parsed.metadata as Record<string, unknown>,
    read: (name) => {
      const stored = tensors.get(name);
      if (!stored) throw new Error(`${file} has no tensor ${name}`);
      return dequantize(stored.dtype, readBytes(descriptor, stored, file));
    },
    close: () => closeSync(descriptor),
  };
};

/**
 * Undoes the permutation that llama.cpp gives the rows of q and k of the llama architecture: from neighbours that turn
 * together (2i, 2i + 1) back to halves (i, i + headDim / 2).
 * @param values [heads * headDim, columns]
 */
export const unpermuteRope = (
  values: Float32Array,
  {
    heads,
    headDim,
    columns,
  }: { readonly heads: number; readonly headDim: number; readonly columns: number },
): Float32Array => {
  if (values.length !== heads * headDim * columns) {
    throw new RangeError(
      `${values.length} values are not ${heads} heads of ${headDim} rows of ${columns}`,
    );
  }
  const out = new Float32Array(values.length);
  const half = headDim / 2;
  for (let row = 0; row < heads * headDim; row++) {
    const [head, within] = [Math.floor(row / headDim), row % headDim];
    const from = head * headDim + 2 * (within % half) + Math.floor(within / half);
    out.set(values.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return out;
};
