/* Kernels that go row by row or element by element. Partial sums are cut by row number, never by thread. */
#pragma once
#include "pool.h"

enum { ROW_GRAIN = 32, SUM_GRAIN = 64, FLAT_GRAIN = 16384 };

INLINE float dot(const float *x, const float *y, long n) {
  vec s = splat(0);
  long i = 0;
  for (; i + VL <= n; i += VL) s = fma_vec(load(x + i), load(y + i), s);
  float t = sum_vec(s);
  for (; i < n; i++) t += x[i] * y[i];
  return t;
}

/* ---- out = x + y ------------------------------------------------------------------------------------------------ */
typedef struct { const float *x, *y; float *out; long n; } add_job;
static void add_task(const void *job, int task, int thread) {
  (void)thread;
  const add_job *g = job;
  long i = (long)task * FLAT_GRAIN;
  const long end = i + FLAT_GRAIN < g->n ? i + FLAT_GRAIN : g->n;
  for (; i + VL <= end; i += VL) store(g->out + i, load(g->x + i) + load(g->y + i));
  for (; i < end; i++) g->out[i] = g->x[i] + g->y[i];
}

/* ---- out[rows, n] = x[rows, n] + bias[n] -------------------------------------------------------------------------- */
typedef struct { const float *x, *bias; float *out; long rows, n; } bias_job;
static void bias_task(const void *job, int task, int thread) {
  (void)thread;
  const bias_job *g = job;
  for (long r = (long)task * ROW_GRAIN; r < g->rows && r < (task + 1L) * ROW_GRAIN; r++)
    for (long j = 0; j < g->n; j++) g->out[r * g->n + j] = g->x[r * g->n + j] + g->bias[j];
}
/* out[n] = sum of rows: a task per block of columns, rows in order. */
typedef struct { const float *x; float *out; long rows, n; } column_sum_job;
static void column_sum_task(const void *job, int task, int thread) {
  (void)thread;
  const column_sum_job *g = job;
  const long j0 = (long)task * SUM_GRAIN, j1 = j0 + SUM_GRAIN < g->n ? j0 + SUM_GRAIN : g->n;
  for (long j = j0; j < j1; j++) g->out[j] = 0;
  for (long r = 0; r < g->rows; r++) for (long j = j0; j < j1; j++) g->out[j] += g->x[r * g->n + j];
}

/* ---- RMSNorm: y = x * w / sqrt(mean(x^2) + eps); `inverse`[rows] keeps 1 / sqrt(...) for the backward ---------------- */
typedef struct { const float *x, *w; float *y, *inverse; long rows, n; float eps; } norm_job;
static void norm_task(const void *job, int task, int thread) {
  (void)thread;
  const norm_job *g = job;
  for (long r = (long)task * ROW_GRAIN; r < g->rows && r < (task + 1L) * ROW_GRAIN; r++) {
    const float *x = g->x + r * g->n;
    float *y = g->y + r * g->n;
    const float scale = 1.0f / __builtin_sqrtf(dot(x, x, g->n) / (float)g->n + g->eps);
    if (g->inverse) g->inverse[r] = scale;
    long i = 0;
    for (; i + VL <= g->n; i += VL) store(y + i, load(x + i) * splat(scale) * load(g->w + i));
    for (; i < g->n; i++) y[i] = x[i] * scale * g->w[i];
  }
}
/* dx = inverse * (dy w) - x * inverse^3 / n * sum(dy w x); partial[block][n] = sum over the block's rows of dy x inverse. */
typedef struct { const float *x, *w, *dy, *inverse; float *dx, *partial; long rows, n; } norm_backward_job;
static void norm_backward_task(const void *job, int task, int thread) {
  (void)thread;
  const norm_backward_job *g = job;
  float *partial = g->partial + (long)task * g->n;
  zero_floats(partial, g->n);
  for (long r = (long)task * SUM_GRAIN; r < g->rows && r < (task + 1L) * SUM_GRAIN; r++) {
    const float *x = g->x + r * g->n, *dy = g->dy + r * g->n;
    float *dx = g->dx + r * g->n;
    const float inverse = g->inverse[r];
    vec s = splat(0);
    float tail = 0;
    long i = 0;
    for (; i + VL <= g->n; i += VL) {
      const vec xi = load(x + i), di = load(dy + i);
      s = fma_vec(di * load(g->w + i), xi, s);
      store(partial + i, fma_vec(di * xi, splat(inverse), load(partial + i)));
    }
    for (; i < g->n; i++) {
      tail += dy[i] * g->w[i] * x[i];
      partial[i] += dy[i] * x[i] * inverse;
    }
    const float pull = (sum_vec(s) + tail) * inverse * inverse * inverse / (float)g->n;
    for (i = 0; i + VL <= g->n; i += VL)
      store(dx + i, load(dy + i) * load(g->w + i) * splat(inverse) - load(x + i) * splat(pull));
    for (; i < g->n; i++) dx[i] = dy[i] * g->w[i] * inverse - x[i] * pull;
  }
}

/* ---- SwiGLU: input rows hold gate|up, each n wide; y = gate * sigmoid(gate) * up ------------------------------------ */
INLINE vec sigmoid_vec(vec x) { return splat(1.0f) / (splat(1.0f) + exp_vec(-x)); }
typedef struct { const float *gate_up, *dy; float *out; long rows, n; } swiglu_job;
static void swiglu_task(const void *job, int task, int thread) {
  (void)thread;
  const swiglu_job *g = job;
  for (long r = (long)task * ROW_GRAIN; r < g->rows && r < (task + 1L) * ROW_GRAIN; r++) {
    const float *gate = g->gate_up + r * 2 * g->n, *up = gate + g->n;
    float *y = g->out + r * g->n;
    long i = 0;
    for (; i + VL <= g->n; i += VL) store(y + i, load(gate + i) * sigmoid_vec(load(gate + i)) * load(up + i));
    for (; i < g->n; i++) y[i] = gate[i] * sigmoid_vec(splat(gate[i]))[0] * up[i];
  }
}
INLINE void swiglu_slope(vec gate, vec up, vec dy, vec *d_gate, vec *d_up) {
  const vec s = sigmoid_vec(gate);
  *d_gate = dy * up * s * (splat(1.0f) + gate * (splat(1.0f) - s));
  *d_up = dy * gate * s;
}
static void swiglu_backward_task(const void *job, int task, int thread) {
  (void)thread;
  const swiglu_job *g = job;
  vec d_gate, d_up;
  for (long r = (long)task * ROW_GRAIN; r < g->rows && r < (task + 1L) * ROW_GRAIN; r++) {
    const float *gate = g->gate_up + r * 2 * g->n, *up = gate + g->n, *dy = g->dy + r * g->n;
    float *out = g->out + r * 2 * g->n;
    long i = 0;
    for (; i + VL <= g->n; i += VL) {
      swiglu_slope(load(gate + i), load(up + i), load(dy + i), &d_gate, &d_up);
      store(out + i, d_gate);
      store(out + g->n + i, d_up);
    }
    for (; i < g->n; i++) {
      swiglu_slope(splat(gate[i]), splat(up[i]), splat(dy[i]), &d_gate, &d_up);
      out[i] = d_gate[0];
      out[g->n + i] = d_up[0];
    }
  }
}

/* ---- embedding: out[r] = table[ids[r]]; backward adds dy[r] to d_table[ids[r]], rows in order per block of columns -- */
typedef struct { const float *table, *dy; const int32_t *ids; float *out; long rows, n; } embed_job;
static void embed_task(const void *job, int task, int thread) {
  (void)thread;
  const embed_job *g = job;
  for (long r = (long)task * ROW_GRAIN; r < g->rows && r < (task + 1L) * ROW_GRAIN; r++)
    copy_floats(g->out + r * g->n, g->table + (long)g->ids[r] * g->n, g->n);
}
static void embed_backward_task(const void *job, int task, int thread) {
  (void)thread;
  const embed_job *g = job;
  const long j0 = (long)task * SUM_GRAIN, j1 = j0 + SUM_GRAIN < g->n ? j0 + SUM_GRAIN : g->n;
  for (long r = 0; r < g->rows; r++) {
    float *to = g->out + (long)g->ids[r] * g->n;
    const float *from = g->dy + r * g->n;
    long j = j0;
    for (; j + VL <= j1; j += VL) store(to + j, load(to + j) + load(from + j));
    for (; j < j1; j++) to[j] += from[j];
  }
}
typedef struct { float *x; long n; } zero_job;
static void zero_task(const void *job, int task, int thread) {
  (void)thread;
  const zero_job *g = job;
  const long i = (long)task * FLAT_GRAIN;
  zero_floats(g->x + i, i + FLAT_GRAIN < g->n ? FLAT_GRAIN : g->n - i);
}

/* ---- log-softmax rows of the head ---------------------------------------------------------------------------------
 * logits[rows, n] are divided by the temperature. target < 0: the row counts for nothing.
 * Per row: logprob of the target; log of the sum of exponentials; entropy.
 * With slopes, logits become d loss / d logits in place:
 *   (slope_logprob (1[j = target] - p_j) - slope_entropy p_j (log p_j + entropy)) / temperature                      */
typedef struct {
  float *logits;
  const int32_t *targets;
  float *logprobs, *entropies;
  const float *slope_logprobs, *slope_entropies;
  long rows, n;
  float inverse_temperature;
} head_job;

INLINE float row_max(const float *x, long n) {
  float m = x[0];
  long i = 0;
  if (n >= VL) {
    vec v = load(x);
    for (i = VL; i + VL <= n; i += VL) v = max_vec(v, load(x + i));
    m = largest_in(v);
  }
  for (; i < n; i++) m = x[i] > m ? x[i] : m;
  return m;
}

static void head_slopes(const head_job *g, long r, float *z, float log_sum, float entropy) {
  const float slope = g->slope_logprobs[r], bend = g->slope_entropies ? g->slope_entropies[r] : 0;
  const vec shift = splat(log_sum), scale = splat(g->inverse_temperature);
  long i = 0;
  for (; i < g->n; i += VL) {
    const int left = (int)(g->n - i);
    vec x = splat(0);
    if (left >= VL) x = load(z + i);
    else for (int l = 0; l < left; l++) x[l] = z[i + l];
    const vec logp = x * scale - shift, p = exp_vec(logp);
    const vec d = -(p * (splat(slope) + splat(bend) * (logp + splat(entropy)))) * scale;
    if (left >= VL) store(z + i, d);
    else for (int l = 0; l < left; l++) z[i + l] = d[l];
  }
  z[g->targets[r]] += slope * g->inverse_temperature;
}

static void head_row(const head_job *g, long r) {
  float *z = g->logits + r * g->n;
  if (g->targets[r] < 0) {
    if (g->logprobs) g->logprobs[r] = 0;
    if (g->entropies) g->entropies[r] = 0;
    if (g->slope_logprobs) zero_floats(z, g->n);
    return;
  }
  const float scale = g->inverse_temperature, top = row_max(z, g->n) * scale;
  vec sums = splat(0), weighted = splat(0);
  float sum = 0, weight = 0;
  long i = 0;
  for (; i + VL <= g->n; i += VL) {
    const vec x = load(z + i) * splat(scale) - splat(top), e = exp_vec(x);
    sums += e;
    weighted = fma_vec(e, x, weighted);
  }
  for (; i < g->n; i++) {
    const float x = z[i] * scale - top, e = exp_one(x);
    sum += e;
    weight += e * x;
  }
  sum += sum_vec(sums);
  weight += sum_vec(weighted);
  const float log_of_sum = log_one(sum), entropy = log_of_sum - weight / sum, log_sum = top + log_of_sum;
  if (g->logprobs) g->logprobs[r] = z[g->targets[r]] * scale - log_sum;
  if (g->entropies) g->entropies[r] = entropy;
  if (g->slope_logprobs) head_slopes(g, r, z, log_sum, entropy);
}
static void head_task(const void *job, int task, int thread) {
  (void)thread;
  const head_job *g = job;
  for (long r = (long)task * 8; r < g->rows && r < (task + 1L) * 8; r++) head_row(g, r);
}

/* ---- sum of squares (for clipping), partial per block -------------------------------------------------------------- */
typedef struct { const float *x; double *partial; long n; } squares_job;
static void squares_task(const void *job, int task, int thread) {
  (void)thread;
  const squares_job *g = job;
  const long i = (long)task * FLAT_GRAIN, n = i + FLAT_GRAIN < g->n ? FLAT_GRAIN : g->n - i;
  double s = 0;
  for (long j = 0; j < n; j += 256) s += dot(g->x + i + j, g->x + i + j, n - j < 256 ? n - j : 256);
  g->partial[task] = s;
}

/* ---- AdamW, in place (Loshchilov & Hutter; bias-corrected moments, decay of the weight itself) ----------------------- */
typedef struct {
  float *w, *m, *v;
  const float *g;
  long n;
  /* share1 = 1 - beta1, share2 = 1 - beta2, keep = 1 - rate * decay: taken in double, floats near 1 are coarse */
  float rate, beta1, beta2, share1, share2, keep, eps, gradient_scale, correction1, correction2;
} adamw_job;
static void adamw_task(const void *job, int task, int thread) {
  (void)thread;
  const adamw_job *a = job;
  long i = (long)task * FLAT_GRAIN;
  const long end = i + FLAT_GRAIN < a->n ? i + FLAT_GRAIN : a->n;
  const float root = 1.0f / __builtin_sqrtf(a->correction2), step = a->rate / a->correction1;
  for (; i + VL <= end; i += VL) {
    const vec g = load(a->g + i) * splat(a->gradient_scale);
    const vec m = load(a->m + i) * splat(a->beta1) + g * splat(a->share1);
    const vec v = load(a->v + i) * splat(a->beta2) + g * g * splat(a->share2);
    vec size;
    for (int l = 0; l < VL; l++) size[l] = __builtin_sqrtf(v[l]);
    store(a->m + i, m);
    store(a->v + i, v);
    store(a->w + i, load(a->w + i) * splat(a->keep) - splat(step) * m / (size * splat(root) + splat(a->eps)));
  }
  for (; i < end; i++) {
    const float g = a->g[i] * a->gradient_scale;
    a->m[i] = a->m[i] * a->beta1 + g * a->share1;
    a->v[i] = a->v[i] * a->beta2 + g * g * a->share2;
    a->w[i] = a->w[i] * a->keep - step * a->m[i] / (__builtin_sqrtf(a->v[i]) * root + a->eps);
  }
}
