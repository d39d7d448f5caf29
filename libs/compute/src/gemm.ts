import type { Kernels } from './kernels.ts';

/** NN: A[M,K] B[K,N]. NT: A[M,K] B[N,K]. TN: A[K,M] B[K,N]. All row-major. */
export type Layout = 'NN' | 'NT' | 'TN';

const layouts: Record<Layout, number> = { NN: 0, NT: 1, TN: 2 };

export type Product = {
  readonly layout: Layout;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses of float32 matrices. */
  readonly a: number;
  readonly b: number;
  readonly out: number;
  /** Added to the product: a matrix as large as the output; 0 = none. */
  readonly residual?: number;
  /** Adds to what `out` holds. */
  readonly accumulate?: boolean;
};

/** Bytes of work space that a product needs to pack B. */
export const packedBytes = (kernels: Kernels, n: number, k: number): number => {
  const { columnsAtOnce, tileColumns } = kernels;
  return 4 * k * Math.ceil(Math.min(n, columnsAtOnce) / tileColumns) * tileColumns;
};

/** out = A B (+ residual, or + out). `scratch` is the address of `packedBytes` bytes. */
export const gemm = (kernels: Kernels, product: Product, scratch: number): void => {
  const { layout, m, n, k, a, b, out, residual = 0, accumulate = false } = product;
  if (m === 0 || n === 0) return;
  const [lda, ldb] = [layout === 'TN' ? m : k, layout === 'NT' ? k : n];
  kernels.run(
    'gemm',
    a,
    b,
    residual,
    out,
    scratch,
    m,
    n,
    k,
    lda,
    ldb,
    n,
    n,
    layouts[layout],
    Number(accumulate),
    0,
  );
};
