/*
 * The kernels of @coa/compute, one source for the native addon (once per instruction set) and for WASM. A call names an
 * operation by number and passes one block of doubles: addresses, sizes, scalars, in the order that each op_ reads them.
 */
#include "decode.h"

#define POINTER(type, i) ((type *)(uintptr_t)a[i])
#define FLOATS(i) POINTER(float, i)
#define INTS(i) POINTER(const int32_t, i)
#define LONG(i) ((long)a[i])
#define INT(i) ((int)a[i])
#define FLOAT(i) ((float)a[i])

enum { COLUMNS_AT_ONCE = 4096 };

/* what this build is: writes vector length, rows and columns of the micro-tile, positions of a page */
static void op_describe(double *a) {
  a[0] = VL;
  a[1] = MR;
  a[2] = NR;
  a[3] = PAGE;
  a[4] = COLUMNS_AT_ONCE;
}
static void op_set_threads(double *a) { ATOMIC_STORE(pool.limit, (uint32_t)a[0]); }
static void op_quit(double *a) {
  (void)a;
  ATOMIC_STORE(pool.quit, 1);
  ATOMIC_ADD(pool.wake, 1);
  wake_all(&pool.wake);
}

/* a, b, residual|0, c, packed, M, N, K, lda, ldb, ldr, ldc, layout, accumulate, stage (0 both, 1 pack b, 2 b is packed) */
static void op_gemm(double *a) {
  gemm_job whole = {.a = FLOATS(0), .b = FLOATS(1), .residual = FLOATS(2), .c = FLOATS(3), .packed = FLOATS(4), .M = INT(5), .N = INT(6), .K = INT(7),
    .lda = LONG(8), .ldb = LONG(9), .ldr = LONG(10), .ldc = LONG(11), .layout = INT(12), .accumulate = INT(13)};
  const int stage = INT(14);
  if (stage == 1) gemm_pack_b(&whole);
  if (stage == 2) gemm_compute(&whole);
  if (stage != 0) return;
  for (int n = 0; n < whole.N; n += COLUMNS_AT_ONCE) {
    gemm_job part = whole;
    part.N = min_int(COLUMNS_AT_ONCE, whole.N - n);
    part.b += whole.layout == NT ? n * whole.ldb : n;
    part.c += n;
    if (part.residual) part.residual += n;
    gemm_pack_b(&part);
    gemm_compute(&part);
  }
}

/* x, y, out, n */
static void op_add(double *a) {
  const add_job g = {FLOATS(0), FLOATS(1), FLOATS(2), LONG(3)};
  parallel(blocks_of(g.n, FLAT_GRAIN), add_task, &g);
}
/* x, n */
static void op_zero(double *a) {
  const zero_job g = {FLOATS(0), LONG(1)};
  parallel(blocks_of(g.n, FLAT_GRAIN), zero_task, &g);
}
/* x, bias, out, rows, n */
static void op_add_bias(double *a) {
  const bias_job g = {FLOATS(0), FLOATS(1), FLOATS(2), LONG(3), LONG(4)};
  parallel(blocks_of(g.rows, ROW_GRAIN), bias_task, &g);
}
/* x, out, rows, n */
static void op_sum_columns(double *a) {
  const column_sum_job g = {FLOATS(0), FLOATS(1), LONG(2), LONG(3)};
  parallel(blocks_of(g.n, SUM_GRAIN), column_sum_task, &g);
}
/* x, w, y, inverse|0, rows, n, eps */
static void op_rms_norm(double *a) {
  const norm_job g = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), LONG(4), LONG(5), FLOAT(6)};
  parallel(blocks_of(g.rows, ROW_GRAIN), norm_task, &g);
}
/* x, w, dy, inverse, dx, dw, partial[ceil(rows / 64), n], rows, n */
static void op_rms_norm_backward(double *a) {
  const norm_backward_job g = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(4), FLOATS(6), LONG(7), LONG(8)};
  const int blocks = blocks_of(g.rows, SUM_GRAIN);
  parallel(blocks, norm_backward_task, &g);
  const column_sum_job sum = {g.partial, FLOATS(5), blocks, g.n};
  parallel(blocks_of(g.n, SUM_GRAIN), column_sum_task, &sum);
}
/* gate_up, y, rows, n */
static void op_swiglu(double *a) {
  const swiglu_job g = {FLOATS(0), NULL, FLOATS(1), LONG(2), LONG(3)};
  parallel(blocks_of(g.rows, ROW_GRAIN), swiglu_task, &g);
}
/* gate_up, dy, d_gate_up, rows, n */
static void op_swiglu_backward(double *a) {
  const swiglu_job g = {FLOATS(0), FLOATS(1), FLOATS(2), LONG(3), LONG(4)};
  parallel(blocks_of(g.rows, ROW_GRAIN), swiglu_backward_task, &g);
}
/* table, ids, out, rows, n */
static void op_embed(double *a) {
  const embed_job g = {FLOATS(0), NULL, INTS(1), FLOATS(2), LONG(3), LONG(4)};
  parallel(blocks_of(g.rows, ROW_GRAIN), embed_task, &g);
}
/* dy, ids, d_table (zeroed by the caller), rows, n */
static void op_embed_backward(double *a) {
  const embed_job g = {NULL, FLOATS(0), INTS(1), FLOATS(2), LONG(3), LONG(4)};
  parallel(blocks_of(g.n, SUM_GRAIN), embed_backward_task, &g);
}
/* logits, targets, logprobs|0, entropies|0, slope_logprobs|0, slope_entropies|0, rows, n, 1 / temperature */
static void op_head_rows(double *a) {
  const head_job g = {FLOATS(0), INTS(1), FLOATS(2), FLOATS(3), FLOATS(4), FLOATS(5), LONG(6), LONG(7), FLOAT(8)};
  parallel(blocks_of(g.rows, 8), head_task, &g);
}

static attention_job attention_of(const double *a) {
  attention_job g = {.qkv = FLOATS(0), .cosines = FLOATS(1), .sines = FLOATS(2), .positions = INTS(3), .first = INTS(4), .out = FLOATS(5), .lse = FLOATS(6),
    .dout = FLOATS(7), .dqkv = FLOATS(8), .scratch = FLOATS(9), .batch = INT(10), .T = INT(11), .heads = INT(12), .kv_heads = INT(13), .hd = INT(14), .scale = FLOAT(15)};
  g.scratch_size = round_up(attention_scratch(&g, g.dqkv != NULL), 16);
  return g;
}
/* as op_attention; writes the floats of scratch for one thread into a[0] */
static void op_attention_scratch(double *a) { a[0] = (double)attention_of(a).scratch_size; }
/* qkv, cosines, sines, positions, first, out, lse, dout|0, dqkv|0, scratch, batch, T, heads, kv_heads, hd, scale */
static void op_attention(double *a) {
  const attention_job g = attention_of(a);
  parallel(g.batch * g.kv_heads, g.dqkv ? attention_backward_task : attention_task, &g);
}

/* squares: x, partial (doubles), n; the partial sums are added up in order into a[0] */
static void op_sum_squares(double *a) {
  const squares_job g = {FLOATS(0), POINTER(double, 1), LONG(2)};
  const int blocks = blocks_of(g.n, FLAT_GRAIN);
  parallel(blocks, squares_task, &g);
  double sum = 0;
  for (int i = 0; i < blocks; i++) sum += g.partial[i];
  a[0] = sum;
}
/* w, m, v, gradient, n, rate, beta1, beta2, eps, decay, gradient scale, 1 - beta1^t, 1 - beta2^t */
static void op_adamw(double *a) {
  const adamw_job g = {.w = FLOATS(0), .m = FLOATS(1), .v = FLOATS(2), .g = FLOATS(3), .n = LONG(4), .rate = FLOAT(5), .beta1 = FLOAT(6), .beta2 = FLOAT(7), .share1 = (float)(1 - a[6]), .share2 = (float)(1 - a[7]),
    .keep = (float)(1 - a[5] * a[9]), .eps = FLOAT(8), .gradient_scale = FLOAT(10), .correction1 = FLOAT(11), .correction2 = FLOAT(12)};
  parallel(blocks_of(g.n, FLAT_GRAIN), adamw_task, &g);
}

/* qkv, cosines, sines, positions, sequences, tables, keys, values, out, scratch, table_size, rows, heads, kv_heads, hd, scale, scratch floats per thread, write */
static paged_job paged_of(const double *a) {
  return (paged_job){.qkv = FLOATS(0), .cosines = FLOATS(1), .sines = FLOATS(2), .positions = INTS(3), .sequences = INTS(4), .tables = INTS(5), .keys = FLOATS(6), .values = FLOATS(7),
    .out = FLOATS(8), .scratch = FLOATS(9), .table_size = LONG(10), .rows = INT(11), .heads = INT(12), .kv_heads = INT(13), .hd = INT(14), .scale = FLOAT(15), .scratch_size = LONG(16), .write = INT(17)};
}
static void op_page_write(double *a) {
  const paged_job g = paged_of(a);
  parallel(g.rows, page_write_task, &g);
}
static void op_paged_attention(double *a) {
  const paged_job g = paged_of(a);
  parallel(g.rows * g.kv_heads, paged_attention_task, &g);
}
/* logits, scratch [threads, 2, n], temperatures, top_ps, uniforms (doubles), ids, logprobs, rows, n */
static void op_sample(double *a) {
  const sample_job g = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), POINTER(const double, 4), POINTER(int32_t, 5), FLOATS(6), LONG(8)};
  parallel(INT(7), sample_task, &g);
}

static const struct { const char *name; void (*run)(double *a); } operations[] = {
  {"describe", op_describe}, {"setThreads", op_set_threads}, {"quit", op_quit}, {"gemm", op_gemm}, {"add", op_add}, {"zero", op_zero},
  {"addBias", op_add_bias}, {"sumColumns", op_sum_columns}, {"rmsNorm", op_rms_norm}, {"rmsNormBackward", op_rms_norm_backward}, {"swiglu", op_swiglu},
  {"swigluBackward", op_swiglu_backward}, {"embed", op_embed}, {"embedBackward", op_embed_backward}, {"headRows", op_head_rows},
  {"attentionScratch", op_attention_scratch}, {"attention", op_attention}, {"sumSquares", op_sum_squares}, {"adamw", op_adamw},
  {"pageWrite", op_page_write}, {"pagedAttention", op_paged_attention}, {"sample", op_sample},
};

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name)))
#else
/* the addon links this file once per instruction set, under a name of its own */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define EXPORT(name) __attribute__((visibility("hidden")))
#define coa_run JOIN(coa_run_, COA_BUILD)
#define coa_operation JOIN(coa_operation_, COA_BUILD)
#define coa_worker JOIN(coa_worker_, COA_BUILD)
#endif

EXPORT(coa_run) void coa_run(int operation, double *arguments) { operations[operation].run(arguments); }
/* Name of operation i, or NULL past the last. */
EXPORT(coa_operation) const char *coa_operation(int i) {
  return i >= 0 && i < (int)(sizeof operations / sizeof *operations) ? operations[i].name : NULL;
}
EXPORT(coa_worker) void coa_worker(int thread) { pool_worker(thread); }
