import { readFileSync } from 'node:fs';

/** A text and the ids that another implementation gave it. */
export type Encoding = readonly [text: string, ids: readonly number[]];

const lines = (name: string): unknown[] =>
  readFileSync(new URL(`fixtures/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** What llama.cpp makes of texts under SmolLM2's vocabulary, and the metadata of a GGUF file that holds the part used. */
export const smolLm2 = () => {
  const [first, ...encodings] = lines('smollm2-llama-cpp');
  const part = first as {
    readonly tokens: Readonly<Record<string, string>>;
    readonly merges: Readonly<Record<string, string>>;
  };
  const size = 49_152;
  const controls = 17;
  const tokens = Array.from({ length: size }, (_, id) => {
    return part.tokens[id] ?? part.merges[id]?.replace(' ', '') ?? `left out ${id}`;
  });
  const metadata: Readonly<Record<string, unknown>> = {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': tokens.map((_, id) => (id < controls ? 3 : 1)),
    'tokenizer.ggml.merges': Object.values(part.merges),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.padding_token_id': 2,
    'tokenizer.ggml.add_bos_token': false,
  };
  return { metadata, encodings: encodings as Encoding[] };
};

/** What Python's tokenizers learn from the texts of `smolLm2`, and the ids they give. */
export const pythonTokenizers = () => {
  const [first, ...encodings] = lines('python-tokenizers');
  const { merges } = first as { readonly merges: readonly string[] };
  return { merges, encodings: encodings as Encoding[] };
};
