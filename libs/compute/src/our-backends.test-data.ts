import { nativeObstacle } from './native-build.ts';

/** Our kernels' backends that can run here; native is missing where it is not built. */
export const ourBackends = [
  ...(nativeObstacle() === null ? (['native'] as const) : []),
  'wasm',
  'wasm-simd',
] as const;
