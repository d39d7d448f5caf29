/*
 * Causal attention with RoPE (rotate-half) and grouped queries. A row of `qkv` holds heads * hd queries, then
 * kv_heads * hd keys, then kv_heads * hd values. Row i of a sequence sees rows first[i]..i (packed sequences have a
 * first of their own). cos/sin are [positions][hd / 2].
 */
#pragma once
#include "gemm.h"
#include "rows.h"

typedef struct {
  const float *qkv, *cosines, *sines;
  const int32_t *positions, *first;
  float *out, *lse;             /* [batch * T, heads * hd], [batch * T, heads] */
  const float *dout;            /* backward: gradient of out, */
  float *dqkv;                  /* and where that of qkv goes */
  float *scratch;               /* thread * scratch_size floats */
  long scratch_size;
  int batch, T, heads, kv_heads, hd;
  float scale;
} attention_job;

/* About 48 query rows: deep enough for the products that sum over them, small enough for the cache. */
enum { QUERY_BLOCK = (48 + MR - 1) / MR * MR };

typedef struct { long hdp, Tk, Tq, stride; } attention_shape;
static attention_shape shape_of(const attention_job *g) {
  return (attention_shape){round_up(g->hd, NR), round_up(g->T, NR), round_up(g->T, QUERY_BLOCK), (long)(g->heads + 2 * g->kv_heads) * g->hd};
}
/* Floats of scratch that one thread needs. */
static long attention_scratch(const attention_job *g, int backward) {
  const attention_shape s = shape_of(g);
  const long panel = QUERY_BLOCK * (s.Tk + NR);
  return backward ? s.hdp * (5 * s.Tk + 2 * MR + 3 * s.Tq) + 2 * panel + 2 * s.Tq
                  : s.hdp * (2 * s.Tk + s.Tq) + panel + MR * s.hdp;
}

/* out = x turned by an angle per pair (rotate-half); `turn` is 1 or -1 (back). out may not be x. */
INLINE void rotate_row(const float *cosines, const float *sines, const float *x, float *out, long half, float scale, float turn) {
  long i = 0;
  for (; i + VL <= half; i += VL) {
    const vec c = load(cosines + i), s = load(sines + i) * splat(turn), a = load(x + i), b = load(x + i + half);
    store(out + i, (a * c - b * s) * splat(scale));
    store(out + i + half, (b * c + a * s) * splat(scale));
  }
  for (; i < half; i++) {
    const float c = cosines[i], s = sines[i] * turn, a = x[i], b = x[i + half];
    out[i] = (a * c - b * s) * scale;
    out[i + half] = (b * c + a * s) * scale;
  }
}
INLINE void rotate(const attention_job *g, long row, const float *x, float *out, float scale, float turn) {
  const long half = g->hd / 2, at = (long)g->positions[row] * half;
  rotate_row(g->cosines + at, g->sines + at, x, out, half, scale, turn);
}

/* rows[T_padded][hdp] = this head's slice, rotated or not; padding is zero. */
static void gather_rows(const attention_job *g, const float *from, long stride, long row0, long padded, int rotated, float scale, float *rows) {
  const long hdp = round_up(g->hd, NR);
  if (padded > g->T) zero_floats(rows + (long)g->T * hdp, (padded - g->T) * hdp);
  for (long t = 0; t < g->T; t++) {
    float *to = rows + t * hdp;
    if (rotated) rotate(g, row0 + t, from + (row0 + t) * stride, to, scale, 1);
    else copy_floats(to, from + (row0 + t) * stride, g->hd);
    for (long i = g->hd; i < hdp; i++) to[i] = 0;
  }
}
/* columns[hd][padded] = rows[padded][hdp] transposed. */
static void transpose_rows(const float *rows, long hdp, int hd, long padded, float *columns) {
  for (long t0 = 0; t0 < padded; t0 += VL)
    for (int d = 0; d < hd; d++)
      for (long t = t0; t < t0 + VL && t < padded; t++) columns[d * padded + t] = rows[t * hdp + d];
}

/* tile[rows of one panel][j - j0] = a[rows] . b[j] for keys j0..j1, both multiples of NR. */
INLINE void scores(const attention_job *g, const float *rows, const float *columns, long Tk, long j0, long j1, float *tile, long ldt) {
  for (long j = j0; j < j1; j += NR)
    tile_strided(g->hd, rows, round_up(g->hd, NR), 1, columns + j, Tk, NULL, 0, tile + (j - j0), ldt);
}

/* Softmax over keys lo..hi (relative to the tile); the rest becomes zero. Returns the log-sum-exp. */
INLINE float softmax_row(float *s, long lo, long hi, long width) {
  const long from = lo / VL * VL, to = round_up(hi + 1, VL);
  for (long j = from; j < lo; j++) s[j] = -1e30f;
  for (long j = hi + 1; j < to; j++) s[j] = -1e30f;
  vec tops = load(s + from);
  for (long j = from + VL; j < to; j += VL) tops = max_vec(tops, load(s + j));
  const float top = largest_in(tops);
  vec sums = splat(0);
  for (long j = from; j < to; j += VL) {
    const vec e = exp_vec(load(s + j) - splat(top));
    store(s + j, e);
    sums += e;
  }
  const float sum = sum_vec(sums), inverse = 1.0f / sum;
  for (long j = from; j < to; j += VL) store(s + j, load(s + j) * splat(inverse));
  zero_floats(s, from);
  if (to < width) zero_floats(s + to, width - to);
  return top + log_one(sum);
}

/* The keys that a panel of query rows sees, cut to whole vectors. */
typedef struct { long j0, j1; } key_range;
static key_range keys_of(const attention_job *g, long row0, long i0, long rows) {
  long first = g->first[row0 + i0];
  for (long i = i0; i < i0 + rows && i < g->T; i++) first = g->first[row0 + i] < first ? g->first[row0 + i] : first;
  const long last = i0 + rows < g->T ? i0 + rows : g->T;
  return (key_range){first / NR * NR, round_up(last, NR)};
}

static void attention_panel(const attention_job *g, int b, int h, long i0, const float *q, const float *kt, const float *v, float *tile, float *o) {
  const attention_shape s = shape_of(g);
  const long row0 = (long)b * g->T, rows = i0 + MR <= g->T ? MR : g->T - i0;
  const key_range keys = keys_of(g, row0, i0, MR);
  const long width = keys.j1 - keys.j0, ldt = s.Tk + NR;
  scores(g, q + i0 * s.hdp, kt, s.Tk, keys.j0, keys.j1, tile, ldt);
  for (long r = 0; r < MR; r++) {
    if (r < rows) {
      const float lse = softmax_row(tile + r * ldt, g->first[row0 + i0 + r] - keys.j0, i0 + r - keys.j0, width);
      if (g->lse) g->lse[(row0 + i0 + r) * g->heads + h] = lse;
    } else {
      zero_floats(tile + r * ldt, width);
    }
  }
  for (long d = 0; d < s.hdp; d += NR)
    tile_strided(width, tile, ldt, 1, v + keys.j0 * s.hdp + d, s.hdp, NULL, 0, o + d, s.hdp);
  for (long r = 0; r < rows; r++)
    copy_floats(g->out + ((row0 + i0 + r) * g->heads + h) * g->hd, o + r * s.hdp, g->hd);
}

static void attention_task(const void *job, int task, int thread) {
  const attention_job *g = job;
  const attention_shape s = shape_of(g);
  const int b = task / g->kv_heads, kv = task % g->kv_heads, group = g->heads / g->kv_heads;
  float *q = g->scratch + thread * g->scratch_size, *kt = q + s.Tq * s.hdp, *v = kt + s.Tk * s.hdp;
  float *tile = v + s.Tk * s.hdp, *o = tile + QUERY_BLOCK * (s.Tk + NR); /* MR * hdp */
  const long row0 = (long)b * g->T;
  gather_rows(g, g->qkv + (g->heads + kv) * g->hd, s.stride, row0, s.Tk, 1, 1, v);
  transpose_rows(v, s.hdp, g->hd, s.Tk, kt);
  gather_rows(g, g->qkv + (g->heads + g->kv_heads + kv) * g->hd, s.stride, row0, s.Tk, 0, 1, v);
  for (int h = kv * group; h < (kv + 1) * group; h++) {
    gather_rows(g, g->qkv + h * g->hd, s.stride, row0, s.Tq, 1, g->scale, q);
    for (long i0 = 0; i0 < g->T; i0 += MR) attention_panel(g, b, h, i0, q, kt, v, tile, o);
  }
}

/* What the backward of one (sequence, key-value head) works on; all in scratch. */
typedef struct { float *q, *dout, *dq, *k, *kt, *v_t, *dk, *dv, *p, *ds, *delta, *lse; } backward_parts;

/* p = exp(s - lse) inside the mask, ds = p (dp - delta); both zero outside, and in the MR columns after it. */
INLINE void slope_row(float *p, float *ds, long lo, long hi, long width, float lse, float delta) {
  zero_floats(p + width, MR);
  zero_floats(ds + width, MR);
  for (long j = 0; j < width; j += VL) {
    if (j > hi || j + VL <= lo) {
      store(p + j, splat(0));
      store(ds + j, splat(0));
      continue;
    }
    vec e = exp_vec(load(p + j) - splat(lse)), d = e * (load(ds + j) - splat(delta));
    if (j < lo || j + VL - 1 > hi)
      for (int l = 0; l < VL; l++) {
        const int in = j + l >= lo && j + l <= hi;
        e[l] = in ? e[l] : 0;
        d[l] = in ? d[l] : 0;
      }
    store(p + j, e);
    store(ds + j, d);
  }
}

/* One block of query rows: adds to dk and dv, writes dq. */
static void backward_block(const attention_job *g, long row0, long i0, const backward_parts *w) {
  const attention_shape s = shape_of(g);
  const key_range keys = keys_of(g, row0, i0, QUERY_BLOCK);
  const long width = keys.j1 - keys.j0, ldt = s.Tk + NR;
  for (long r0 = 0; r0 < QUERY_BLOCK; r0 += MR) {
    scores(g, w->q + (i0 + r0) * s.hdp, w->kt, s.Tk, keys.j0, keys.j1, w->p + r0 * ldt, ldt);
    scores(g, w->dout + (i0 + r0) * s.hdp, w->v_t, s.Tk, keys.j0, keys.j1, w->ds + r0 * ldt, ldt);
  }
  for (long r = 0; r < QUERY_BLOCK; r++) {
    const long i = i0 + r;
    const int real = i < g->T;
    slope_row(w->p + r * ldt, w->ds + r * ldt, real ? g->first[row0 + i] - keys.j0 : width, real ? i - keys.j0 : -1, width, w->lse[i], w->delta[i]);
  }
  for (long d = 0; d < s.hdp; d += NR) {
    for (long r0 = 0; r0 < QUERY_BLOCK; r0 += MR)
      tile_strided(width, w->ds + r0 * ldt, ldt, 1, w->k + keys.j0 * s.hdp + d, s.hdp, NULL, 0, w->dq + (i0 + r0) * s.hdp + d, s.hdp);
    for (long j = 0; j < width; j += MR) {
      float *dv = w->dv + (keys.j0 + j) * s.hdp + d, *dk = w->dk + (keys.j0 + j) * s.hdp + d;
      tile_packed(QUERY_BLOCK, w->p + j, ldt, w->dout + i0 * s.hdp + d, s.hdp, dv, s.hdp, dv, s.hdp);
      tile_packed(QUERY_BLOCK, w->ds + j, ldt, w->q + i0 * s.hdp + d, s.hdp, dk, s.hdp, dk, s.hdp);
    }
  }
}

static void backward_head(const attention_job *g, int b, int h, const backward_parts *w) {
  const attention_shape s = shape_of(g);
  const long row0 = (long)b * g->T, width = (long)g->heads * g->hd;
  gather_rows(g, g->qkv + h * g->hd, s.stride, row0, s.Tq, 1, g->scale, w->q);
  gather_rows(g, g->dout + h * g->hd, width, row0, s.Tq, 0, 1, w->dout);
  for (long t = 0; t < s.Tq; t++) {
    const long at = (row0 + t) * width + h * g->hd;
    w->delta[t] = t < g->T ? dot(g->dout + at, g->out + at, g->hd) : 0;
    w->lse[t] = t < g->T ? g->lse[(row0 + t) * g->heads + h] : 0;
  }
  for (long i0 = 0; i0 < g->T; i0 += QUERY_BLOCK) backward_block(g, row0, i0, w);
  for (long t = 0; t < g->T; t++)
    rotate(g, row0 + t, w->dq + t * s.hdp, g->dqkv + (row0 + t) * s.stride + h * g->hd, g->scale, -1);
}

static backward_parts parts_of(const attention_job *g, int thread) {
  const attention_shape s = shape_of(g);
  const long keys = s.Tk * s.hdp, queries = s.Tq * s.hdp, panel = QUERY_BLOCK * (s.Tk + NR);
  float *at = g->scratch + thread * g->scratch_size;
  backward_parts w;
  w.q = at, at += queries;
  w.dout = at, at += queries;
  w.dq = at, at += queries;
  w.k = at, at += keys;
  w.kt = at, at += keys;
  w.v_t = at, at += keys;
  w.dk = at, at += keys + MR * s.hdp;
  w.dv = at, at += keys + MR * s.hdp;
  w.p = at, at += panel;
  w.ds = at, at += panel;
  w.delta = at, at += s.Tq;
  w.lse = at;
  return w;
}

static void attention_backward_task(const void *job, int task, int thread) {
  const attention_job *g = job;
  const attention_shape s = shape_of(g);
  const int b = task / g->kv_heads, kv = task % g->kv_heads, group = g->heads / g->kv_heads;
  const long row0 = (long)b * g->T, key_at = (long)(g->heads + kv) * g->hd, value_at = key_at + (long)g->kv_heads * g->hd;
  const backward_parts w = parts_of(g, thread);
  gather_rows(g, g->qkv + value_at, s.stride, row0, s.Tk, 0, 1, w.k);
  transpose_rows(w.k, s.hdp, g->hd, s.Tk, w.v_t);
  gather_rows(g, g->qkv + key_at, s.stride, row0, s.Tk, 1, 1, w.k);
  transpose_rows(w.k, s.hdp, g->hd, s.Tk, w.kt);
  zero_floats(w.dk, s.Tk * s.hdp);
  zero_floats(w.dv, s.Tk * s.hdp);
  for (int h = kv * group; h < (kv + 1) * group; h++) backward_head(g, b, h, &w);
  for (long t = 0; t < g->T; t++) {
    float *row = g->dqkv + (row0 + t) * s.stride;
    rotate(g, row0 + t, w.dk + t * s.hdp, row + key_at, 1, -1);
    copy_floats(row + value_at, w.dv + t * s.hdp, g->hd);
  }
}
