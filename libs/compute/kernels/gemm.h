/*
 * C[M,N] = op(A) op(B) (+ C or + a residual R), row-major float32. B is packed once into panels of NR columns; A is read
 * in place where its rows are contiguous, and packed panel by panel where it is transposed. Each element of C is summed
 * over k in the same order whatever M, N, the neighbours and the threads: a row's result does not depend on its batch.
 */
#pragma once
#include "pool.h"

enum { KC = 256, ROW_BLOCK = MR * 8, PANEL = KC * MR + VL, PACK_ROWS = 64 };
#if defined(__wasm__)
#define PREFETCH(address)
#else
/* Panels of B follow one another in memory: fetch what the next steps need across page borders. */
#define PREFETCH(address) __builtin_prefetch(address)
#endif
enum { AHEAD = 1024 };
enum layout { NN = 0, NT = 1, TN = 2 };
enum init { INIT_ZERO, INIT_ADD };

/* C tile = (init: `from` tile or 0) + sum over k of a[i * ars + k * acs] * b[k * ldb + j], for MR x NR. */
INLINE void micro(long K, const float *a, long ars, long acs, const float *b, long ldb, vec acc[MR][NV]) {
  for (long k = 0; k < K; k++) {
    vec bv[NV];
#pragma GCC unroll 4
    for (int j = 0; j < NV; j++) bv[j] = load(b + j * VL);
    PREFETCH(b + AHEAD);
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) {
      const vec av = splat(a[i * ars]);
#pragma GCC unroll 4
      for (int j = 0; j < NV; j++) acc[i][j] = fma_vec(av, bv[j], acc[i][j]);
    }
    a += acs;
    b += ldb;
  }
}

#define MICRO_BODY(ARS)                                                                          \
  vec acc[MR][NV];                                                                               \
  _Pragma("GCC unroll 16") for (int i = 0; i < MR; i++)                                          \
    _Pragma("GCC unroll 4") for (int j = 0; j < NV; j++)                                         \
      acc[i][j] = from ? load(from + i * ldf + j * VL) : splat(0);                               \
  micro(K, a, ARS, acs, b, ldb, acc);                                                            \
  _Pragma("GCC unroll 16") for (int i = 0; i < MR; i++)                                          \
    _Pragma("GCC unroll 4") for (int j = 0; j < NV; j++) store(c + i * ldc + j * VL, acc[i][j]);

/* A with rows `ars` apart. */
static void tile_strided(long K, const float *a, long ars, long acs, const float *b, long ldb, const float *from, long ldf, float *c, long ldc) {
  MICRO_BODY(ars)
}
/* A with the MR values of a k next to each other. */
static void tile_packed(long K, const float *a, long acs, const float *b, long ldb, const float *from, long ldf, float *c, long ldc) {
  MICRO_BODY(1)
}

typedef struct {
  const float *a, *b, *residual;
  float *c, *packed;
  int M, N, K;
  long lda, ldb, ldc, ldr;
  enum layout layout;
  int accumulate;
  int row_block, col_block, row_blocks;
} gemm_job;

/* B packed: panels of [K][NR], columns past N are zero. A task packs one panel of a transposed B, or some rows of B. */
static void pack_b_columns(const gemm_job *g, int panel) {
  float *out = g->packed + (long)panel * NR * g->K;
  for (int j = 0; j < NR; j++) {
    const int exists = panel * NR + j < g->N;
    const float *row = g->b + (long)(panel * NR + j) * g->ldb;
    for (int k = 0; k < g->K; k++) out[(long)k * NR + j] = exists ? row[k] : 0;
  }
}
static void pack_b_rows(const gemm_job *g, int k0) {
  for (int k = k0; k < g->K && k < k0 + PACK_ROWS; k++) {
    const float *row = g->b + (long)k * g->ldb;
    float *out = g->packed + (long)k * NR;
    for (int j0 = 0; j0 < g->N; j0 += NR, out += (long)NR * g->K) {
      if (j0 + NR <= g->N) for (int j = 0; j < NR; j += VL) store(out + j, load(row + j0 + j));
      else for (int j = 0; j < NR; j++) out[j] = j0 + j < g->N ? row[j0 + j] : 0;
    }
  }
}
static void pack_b_task(const void *job, int task, int thread) {
  (void)thread;
  const gemm_job *g = job;
  if (g->layout == NT) pack_b_columns(g, task);
  else pack_b_rows(g, task * PACK_ROWS);
}

/* Rows i0..i0+rows of A, columns k0..k0+kc, as [kc][MR]; rows that do not exist are zero. */
static void pack_rows(const gemm_job *g, int i0, int rows, int k0, int kc, float *out) {
  for (int i = 0; i < MR; i++) {
    const float *from = g->a + (long)(i0 + i) * g->lda + k0;
    for (int k = 0; k < kc; k++) out[(long)k * MR + i] = i < rows ? from[k] : 0;
  }
}

/* The same of a transposed A for rows i0..i1, a panel every PANEL floats: each row of A is read once, from end to end. */
static void pack_transposed(const gemm_job *g, int i0, int i1, int k0, int kc, float *out) {
  for (int k = 0; k < kc; k++) {
    const float *from = g->a + (long)(k0 + k) * g->lda;
    /* rows of A lie too far apart for the processor to foresee them */
    for (int i = i0; i < i1; i += 16) PREFETCH(from + 8 * g->lda + i);
    for (int i = i0; i < i1; i += MR) {
      float *to = out + (i - i0) / MR * PANEL + k * MR;
      /* a whole vector runs over into the next k, which is written afterwards, or into the gap between panels */
      if (i + (int)round_up(MR, VL) <= g->M) for (int r = 0; r < MR; r += VL) store(to + r, load(from + i + r));
      else for (int r = 0; r < MR; r++) to[r] = i + r < g->M ? from[i + r] : 0;
    }
  }
}

/* A tile of which only rows x cols exist, worked on in a full-size copy; A is packed. */
static void tile_edge(long kc, const float *a_panel, const float *b, const float *from, long ldf, float *c, long ldc, int rows, int cols) {
  float whole[MR * NR];
  if (from) {
    for (int i = 0; i < MR * NR; i++) whole[i] = 0;
    for (int i = 0; i < rows; i++) for (int j = 0; j < cols; j++) whole[i * NR + j] = from[i * ldf + j];
  }
  tile_packed(kc, a_panel, MR, b, NR, from ? whole : NULL, NR, whole, NR);
  for (int i = 0; i < rows; i++) for (int j = 0; j < cols; j++) c[i * ldc + j] = whole[i * NR + j];
}

/* One panel of rows against columns j0..j1. `a_panel` is packed A, or NULL where A is read in place. */
static void gemm_rows(const gemm_job *g, int i0, int rows, int j0, int j1, int k0, int kc, const float *a_panel) {
  for (int j = j0; j < j1; j += NR) {
    const int cols = min_int(NR, g->N - j);
    const float *b = g->packed + (long)j * g->K + (long)k0 * NR;
    float *c = g->c + (long)i0 * g->ldc + j;
    const float *from = k0 > 0 || g->accumulate ? c : g->residual ? g->residual + (long)i0 * g->ldr + j : NULL;
    const long ldf = from == c ? g->ldc : g->ldr;
    if (rows < MR || cols < NR) tile_edge(kc, a_panel, b, from, ldf, c, g->ldc, rows, cols);
    else if (a_panel) tile_packed(kc, a_panel, MR, b, NR, from, ldf, c, g->ldc);
    else tile_strided(kc, g->a + (long)i0 * g->lda + k0, g->lda, 1, b, NR, from, ldf, c, g->ldc);
  }
}

static void gemm_task(const void *job, int task, int thread) {
  (void)thread;
  const gemm_job *g = job;
  const int i0 = (task % g->row_blocks) * g->row_block, i1 = min_int(g->M, i0 + g->row_block);
  const int j0 = (task / g->row_blocks) * g->col_block, j1 = min_int(g->N, j0 + g->col_block);
  float panels[ROW_BLOCK / MR * PANEL];
  for (int k0 = 0; k0 < g->K; k0 += KC) {
    const int kc = min_int(KC, g->K - k0);
    if (g->layout == TN) pack_transposed(g, i0, i1, k0, kc, panels);
    for (int i = i0; i < i1; i += MR) {
      const int rows = min_int(MR, i1 - i), whole = rows == MR && j1 % NR == 0;
      float *panel = g->layout == TN ? panels + (i - i0) / MR * PANEL : whole ? NULL : panels;
      if (g->layout != TN && panel) pack_rows(g, i, rows, k0, kc, panel);
      gemm_rows(g, i, rows, j0, j1, k0, kc, panel);
    }
  }
}

/* Splits C into blocks: wide enough to reuse a panel of A, small enough that every thread gets several. */
static void choose_blocks(gemm_job *g) {
  const int threads = (int)ATOMIC_LOAD(pool.limit), wanted = threads > 1 ? 4 * threads : 1;
  g->row_block = ROW_BLOCK;
  g->col_block = 1024 / NR * NR;
  while (blocks_of(g->M, g->row_block) * blocks_of(g->N, g->col_block) < wanted) {
    if (g->col_block > 4 * NR && g->col_block >= g->row_block) g->col_block = (int)round_up(g->col_block / 2, NR);
    else if (g->row_block > MR) g->row_block = (int)round_up(g->row_block / 2, MR);
    else if (g->col_block > NR) g->col_block = (int)round_up(g->col_block / 2, NR);
    else break;
  }
  g->row_blocks = blocks_of(g->M, g->row_block);
}

static void gemm_compute(gemm_job *g) {
  choose_blocks(g);
  parallel(g->row_blocks * blocks_of(g->N, g->col_block), gemm_task, g);
}

static void gemm_pack_b(gemm_job *g) {
  parallel(g->layout == NT ? blocks_of(g->N, NR) : blocks_of(g->K, PACK_ROWS), pack_b_task, g);
}
