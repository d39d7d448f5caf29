import { gpt2Pattern } from './split-patterns.ts';

const words = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const rest = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";

/** `tokenizer.ggml.pre` -> how text is cut into pieces (llama.cpp, src/llama-vocab.cpp). */
export const ggufPreTokenizers: Readonly<
  Record<string, { readonly patterns: readonly string[]; readonly wholePieces?: true }>
> = {
  default: {
    patterns: ['[\\p{P}\\$\\+<=>\\^~\\|]+', gpt2Pattern, '\\p{N}+', '[0-9][0-9][0-9]'],
  },
  'gpt-2': { patterns: [gpt2Pattern] },
  smollm: { patterns: ['\\p{N}', gpt2Pattern] },
  qwen2: { patterns: [`${contractions}|${words}|\\p{N}|${rest}`] },
  'llama-bpe': { patterns: [`${contractions}|${words}|\\p{N}{1,3}|${rest}`], wholePieces: true },
};
