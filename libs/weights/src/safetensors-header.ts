import { z } from 'zod';
import { type Dtype, dtypeBytes, dtypes } from './dtypes.ts';
import { parseUniqueJson } from './unique-json.ts';
import { valuesIn } from './weight-file.ts';

/** A tensor's place in the bytes of data. */
export type Entry = {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

const size = z.number().int().nonnegative();
const entryShape = z.object({
  dtype: z.enum(dtypes),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});

const rendered = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 200);

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : `${cause}`);

const entryOf = (name: string, value: unknown, dataBytes: number): Entry => {
  const parsed = entryShape.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const [begin, end] = offsets;
  if (end < begin || end > dataBytes)
    throw new Error(`it lies at ${begin} to ${end}, and the file holds ${dataBytes} bytes of data`);
  const needed = valuesIn(shape) * dtypeBytes(dtype);
  if (needed !== end - begin)
    throw new Error(`its shape needs ${needed} bytes, its offsets give it ${end - begin}`);
  return { name, dtype, shape, begin, end };
};

/** Every byte of data belongs to one tensor. */
const assertContiguous = (entries: readonly Entry[], dataBytes: number): void => {
  let at = 0;
  for (const { name, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== at)
      throw new Error(`tensor ${name} begins at ${begin}, the one before it ends at ${at}`);
    at = end;
  }
  if (at !== dataBytes) throw new Error(`${dataBytes} bytes of data, the tensors end at ${at}`);
};

const metadataOf = (value: unknown): Readonly<Record<string, string>> => {
  const pairs = Object.entries(Object(value ?? {}));
  const wrong = pairs.find(([, text]) => typeof text !== 'string');
  if (typeof value === 'string' || Array.isArray(value) || wrong)
    throw new Error(`__metadata__ must map strings to strings: ${rendered(wrong ?? value)}`);
  return Object.fromEntries(pairs) as Record<string, string>;
};

/**
 * The header of a safetensors file, checked against the number of bytes that follow it.
 * @throws Error that names the tensor and what is wrong with it.
 */
export const parseHeader = (
  text: string,
  dataBytes: number,
): { readonly entries: readonly Entry[]; readonly metadata: Readonly<Record<string, string>> } => {
  const header = parseUniqueJson(text);
  if (header === null || typeof header !== 'object' || Array.isArray(header))
    throw new Error(`it must be an object: ${rendered(header)}`);
  const { __metadata__: metadata, ...named } = header as Record<string, unknown>;
  const entries = Object.entries(named).map(([name, value]) => {
    try {
      return entryOf(name, value, dataBytes);
    } catch (cause) {
      throw new Error(`tensor ${name} is ${rendered(value)}: ${messageOf(cause)}`, { cause });
    }
  });
  assertContiguous(entries, dataBytes);
  return { entries, metadata: metadataOf(metadata) };
};
