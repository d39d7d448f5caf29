export { type GgufTurnIds, ggufTokenizer, ggufTurnIds } from './gguf-tokenizer.ts';
export { labTokens, protocolTags, type SpecialToken, turnTokens } from './special-tokens.ts';
export { loadTokenizer, type Tokenizer } from './tokenizer.ts';
export { type TrainOptions, trainBpe, wordPattern } from './train-bpe.ts';
