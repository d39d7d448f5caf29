export { type GgufTurnIds, ggufTokenizer, ggufTurnIds } from './gguf-tokenizer.ts';
export { loadTokenizer, type Tokenizer } from './tokenizer.ts';
