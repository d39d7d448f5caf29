import { z } from 'zod';
import { valuesIn } from './weight-file.ts';

/** Bytes of one value. */
export const dtypeBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof dtypeBytes;

export type Entry = {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entryShape = z.object({
  dtype: z.enum(Object.keys(dtypeBytes) as [Dtype, ...Dtype[]]),
  shape: z.array(size).max(16),
  data_offsets: z.tuple([size, size]),
});

const issueOf = (error: z.ZodError): string =>
  `${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`;

const entryOf = (file: string, name: string, value: unknown, dataBytes: number): Entry => {
  const parsed = entryShape.safeParse(value);
  if (!parsed.success) throw new Error(`${file}: tensor ${name}: ${issueOf(parsed.error)}`);
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const [begin, end] = offsets;
  if (end < begin || end > dataBytes) {
    throw new Error(
      `${file}: tensor ${name} lies at ${begin} to ${end}; the file holds ${dataBytes} bytes of data`,
    );
  }
  if (valuesIn(shape) * dtypeBytes[dtype] !== end - begin) {
    throw new Error(
      `${file}: tensor ${name} is [${shape}] of ${dtype}, but has ${end - begin} bytes`,
    );
  }
  return { name, dtype, shape, begin, end };
};

const assertContiguous = (file: string, entries: readonly Entry[], dataBytes: number): void => {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== at)
      throw new Error(
        `${file}: tensor ${name} begins at ${begin}, the one before it ends at ${at}`,
      );
    at = end;
  }
  if (at !== dataBytes)
    throw new Error(`${file} holds ${dataBytes} bytes of data, its tensors only ${at}`);
};

/** JSON.parse keeps the last of equal keys; a header that names a tensor twice is refused. */
const assertNoDuplicates = (file: string, text: string, names: readonly string[]): void => {
  const keys = text.match(/"(?:[^"\\]|\\.)*"(?=\s*:\s*\{)/g) ?? [];
  if (keys.length > names.length + 1)
    throw new Error(`${file}: a tensor is named twice in the header`);
};

/** The header of a safetensors file, checked against the bytes of data that follow it. */
export const parseHeader = (
  file: string,
  text: string,
  dataBytes: number,
): { readonly entries: readonly Entry[]; readonly metadata: Record<string, string> } => {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file}: the header is not JSON (${String(cause)})`, { cause });
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(header);
  if (!parsed.success) throw new Error(`${file}: the header is not an object`);
  const metadata = z.record(z.string(), z.string()).safeParse(parsed.data.__metadata__ ?? {});
  if (!metadata.success) throw new Error(`${file}: __metadata__: ${issueOf(metadata.error)}`);
  // zod drops the key __proto__: names come from the header itself
  const named = Object.entries(header as object).filter(([name]) => name !== '__metadata__');
  const entries = named.map(([name, value]) => entryOf(file, name, value, dataBytes));
  assertNoDuplicates(
    file,
    text,
    named.map(([name]) => name),
  );
  assertContiguous(file, entries, dataBytes);
  return { entries, metadata: metadata.data };
};
