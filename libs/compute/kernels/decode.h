/*
 * Attention over a paged KV cache, and drawing tokens. A page holds 16 positions of one layer: keys as
 * [kv_heads][hd][16], values as [kv_heads][16][hd]. A row's result depends on its own query and pages alone, so any
 * batch and any cut of a context into calls gives the same bits.
 */
#pragma once
#include "attention.h"

enum { PAGE = 16, PAGE_VECS = PAGE / VL };

typedef struct {
  const float *qkv, *cosines, *sines;
  const int32_t *positions; /* [rows] */
  const int32_t *sequences; /* [rows]: which page table */
  const int32_t *tables;    /* [sequences][table_size]: page numbers */
  float *keys, *values, *out, *scratch;
  long scratch_size, table_size;
  int rows, heads, kv_heads, hd;
  float scale;
  int write; /* no two rows share a sequence: each task may write its key and value just before it attends */
} paged_job;

INLINE void rotate_one(const paged_job *g, long row, const float *x, float *out, float scale) {
  const long half = g->hd / 2, at = (long)g->positions[row] * half;
  rotate_row(g->cosines + at, g->sines + at, x, out, half, scale, 1);
}

static void page_write(const paged_job *g, long row, long kv, float *rotated) {
  const long stride = (long)(g->heads + 2 * g->kv_heads) * g->hd;
  const float *key = g->qkv + row * stride + (g->heads + kv) * g->hd;
  const int32_t position = g->positions[row];
  const long page = g->tables[g->sequences[row] * g->table_size + position / PAGE], at = position % PAGE;
  const long base = (page * g->kv_heads + kv) * g->hd * PAGE;
  rotate_one(g, row, key, rotated, 1);
  for (long d = 0; d < g->hd; d++) g->keys[base + d * PAGE + at] = rotated[d];
  copy_floats(g->values + base + at * g->hd, key + (long)g->kv_heads * g->hd, g->hd);
}
static void page_write_task(const void *job, int task, int thread) {
  const paged_job *g = job;
  for (int kv = 0; kv < g->kv_heads; kv++) page_write(g, task, kv, g->scratch + thread * g->scratch_size);
}

/* Scores of `count` (at most 4) pages: lanes are keys, the sum over d runs in order. */
INLINE void page_scores(const float *q, int hd, const float *const *pages, int count, float *out) {
  vec acc[4][PAGE_VECS];
  for (int c = 0; c < count; c++) for (int v = 0; v < PAGE_VECS; v++) acc[c][v] = splat(0);
  for (int d = 0; d < hd; d++)
    for (int c = 0; c < count; c++)
      for (int v = 0; v < PAGE_VECS; v++) acc[c][v] = fma_vec(splat(q[d]), load(pages[c] + d * PAGE + v * VL), acc[c][v]);
  for (int c = 0; c < count; c++) for (int v = 0; v < PAGE_VECS; v++) store(out + c * PAGE + v * VL, acc[c][v]);
}

/* out[hd] = sum over the page's keys of p[j] values[j], added to four running sums by j mod 4. */
INLINE void page_values(const float *p, const float *values, int hd, int keys, float *sums) {
  for (int j = 0; j < keys; j++) {
    float *sum = sums + (j & 3) * hd;
    const float *v = values + (long)j * hd;
    const vec weight = splat(p[j]);
    int d = 0;
    for (; d + VL <= hd; d += VL) store(sum + d, fma_vec(weight, load(v + d), load(sum + d)));
    for (; d < hd; d++) sum[d] += p[j] * v[d];
  }
}

static void paged_attention_task(const void *job, int task, int thread) {
  const paged_job *g = job;
  const int row = task / g->kv_heads, kv = task % g->kv_heads, group = g->heads / g->kv_heads, hd = g->hd;
  const long stride = (long)(g->heads + 2 * g->kv_heads) * hd, page_size = (long)g->kv_heads * hd * PAGE, in_page = (long)kv * hd * PAGE;
  const int32_t *table = g->tables + g->sequences[row] * g->table_size;
  const int keys = g->positions[row] + 1, pages = (keys + PAGE - 1) / PAGE;
  float *q = g->scratch + thread * g->scratch_size, *sums = q + hd, *p = sums + 4 * hd;
  if (g->write) page_write(g, row, kv, q);
  for (int h = kv * group; h < (kv + 1) * group; h++) {
    rotate_one(g, row, g->qkv + row * stride + h * hd, q, g->scale);
    for (int at = 0; at < pages; at += 4) {
      const int count = min_int(4, pages - at);
      const float *held[4];
      for (int c = 0; c < count; c++) held[c] = g->keys + table[at + c] * page_size + in_page;
      if (count == 4) page_scores(q, hd, held, 4, p + at * PAGE);
      else for (int c = 0; c < count; c++) page_scores(q, hd, held + c, 1, p + (at + c) * PAGE);
    }
    softmax_row(p, 0, keys - 1, (long)pages * PAGE);
    zero_floats(sums, 4 * hd);
    for (int at = 0; at < pages; at++)
      page_values(p + at * PAGE, g->values + table[at] * page_size + in_page, hd, min_int(PAGE, keys - at * PAGE), sums);
    float *out = g->out + ((long)row * g->heads + h) * hd;
    for (int d = 0; d < hd; d++) out[d] = (sums[d] + sums[hd + d]) + (sums[2 * hd + d] + sums[3 * hd + d]);
  }
}

/* ---- drawing a token: temperature, then top-p (ties at the border are kept) ---------------------------------------- */
typedef struct {
  const float *logits; /* [rows, n] */
  float *scratch;      /* thread * 2 n */
  const float *temperatures, *top_ps;
  const double *uniforms;
  int32_t *ids;
  float *logprobs;
  long n;
} sample_job;

/* Orders floats as integers. */
INLINE int32_t order_of(float x) {
  union { float f; int32_t i; } bits = {x};
  return bits.i < 0 ? (int32_t)(0x80000000u - (uint32_t)bits.i) : bits.i;
}
static double mass_from(const float *z, const float *weights, long n, int32_t border) {
  double mass = 0;
  for (long i = 0; i < n; i++) mass += order_of(z[i]) >= border ? weights[i] : 0;
  return mass;
}
/* The greatest border whose tokens hold at least `wanted` of the mass. */
static int32_t nucleus_border(const float *z, const float *weights, long n, float top, double wanted) {
  int64_t low = order_of(top - 104.0f), high = order_of(top);
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (mass_from(z, weights, n, (int32_t)middle) >= wanted) low = middle;
    else high = middle - 1;
  }
  return (int32_t)low;
}

static void greedy_row(const sample_job *g, long row, const float *z) {
  long best = 0;
  for (long i = 1; i < g->n; i++) best = z[i] > z[best] ? i : best;
  double sum = 0;
  for (long i = 0; i < g->n; i++) sum += exp_one(z[i] - z[best]);
  g->ids[row] = (int32_t)best;
  g->logprobs[row] = -log_one((float)sum);
}

static void sample_task(const void *job, int task, int thread) {
  const sample_job *g = job;
  const float *logits = g->logits + (long)task * g->n;
  float *z = g->scratch + thread * 2 * g->n, *weights = z + g->n;
  if (g->temperatures[task] == 0) {
    greedy_row(g, task, logits);
    return;
  }
  const float inverse = 1.0f / g->temperatures[task], top = row_max(logits, g->n) * inverse;
  double mass = 0;
  long at = 0;
  for (; at + VL <= g->n; at += VL) {
    const vec tempered = load(logits + at) * splat(inverse), e = exp_vec(tempered - splat(top));
    store(z + at, tempered);
    store(weights + at, e);
    mass += sum_vec(e);
  }
  for (; at < g->n; at++) {
    z[at] = logits[at] * inverse;
    weights[at] = exp_one(z[at] - top);
    mass += weights[at];
  }
  /* a NaN among the logits: there is no distribution to draw from */
  if (mass != mass) {
    g->ids[task] = 0;
    g->logprobs[task] = (float)mass;
    return;
  }
  int32_t border = order_of(top - 104.0f);
  if (g->top_ps[task] < 1) {
    border = nucleus_border(z, weights, g->n, top, g->top_ps[task] * mass);
    mass = mass_from(z, weights, g->n, border);
  }
  double left = g->uniforms[task] * mass;
  long drawn = -1;
  for (long i = 0; i < g->n; i++) {
    if (weights[i] == 0 || order_of(z[i]) < border) continue;
    drawn = i;
    left -= weights[i];
    if (left < 0) break;
  }
  g->ids[task] = (int32_t)drawn;
  g->logprobs[task] = z[drawn] - top - log_one((float)mass);
}
