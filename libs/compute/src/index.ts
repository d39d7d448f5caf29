export { CoaBackend, fusedBackend, type MemoryUse } from './backend.ts';
export { adviceFor, type Machine, productSpeed, readMachine } from './diagnosis.ts';
export { nativeObstacle } from './native-build.ts';
export {
  type BackendName,
  backendNames,
  type Compute,
  type ComputeOptions,
  currentFingerprint,
  openCompute,
} from './open-compute.ts';
export {
  type AdamwOptions,
  type AdamwState,
  adamw,
  addInPlace,
  sumOfSquares,
} from './ops/adamw.ts';
export {
  causalAttention,
  causalAttentionPlain,
  type HeadShape,
  type Places,
  type RopeTables,
  ropeTables,
} from './ops/attention.ts';
export { embedding } from './ops/embedding.ts';
export { type HeadOptions, type TokenScores, tokenScores, tokenScoresPlain } from './ops/head.ts';
export { type Addends, linear, linearPlain } from './ops/linear.ts';
export { type PackedWeight, packedLinear, packWeight } from './ops/packed-linear.ts';
export {
  copyPage,
  type KvPages,
  openKvPages,
  type PagedRows,
  pagedAttention,
  pageSize,
} from './ops/paged-attention.ts';
export { rmsNorm, rmsNormPlain } from './ops/rms-norm.ts';
export { type Draw, type Drawn, drawPlain, sampleTokens } from './ops/sample.ts';
export { swiglu, swigluPlain } from './ops/swiglu.ts';
