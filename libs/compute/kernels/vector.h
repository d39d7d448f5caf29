/* One vector type for every build: 16 floats on AVX-512, 8 on AVX2, 4 on NEON and WASM. */
#pragma once
#include <stdint.h>
#include <stddef.h>

#if defined(__AVX512F__)
enum { VL = 16, MR = 14, NV = 2 };
#elif defined(__AVX2__)
enum { VL = 8, MR = 6, NV = 2 };
#elif defined(__aarch64__)
enum { VL = 4, MR = 8, NV = 2 };
#else
enum { VL = 4, MR = 4, NV = 2 };
#endif
/* A micro-tile of C is MR rows x NR columns and lives in registers. */
enum { NR = VL * NV };

typedef float vec __attribute__((vector_size(VL * 4)));
typedef int32_t ivec __attribute__((vector_size(VL * 4)));
typedef vec unaligned_vec __attribute__((aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *p) { return *(const unaligned_vec *)p; }
INLINE void store(float *p, vec x) { *(unaligned_vec *)p = x; }
INLINE vec splat(float x) { return x - (vec){0}; }

#if defined(__wasm_relaxed_simd__)
#include <wasm_simd128.h>
INLINE vec fma_vec(vec a, vec b, vec c) { return (vec)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c); }
#else
/* Contracted to one instruction where the target has it (-ffp-contract=fast). */
INLINE vec fma_vec(vec a, vec b, vec c) { return a * b + c; }
#endif

/* mask lanes are 0 or -1 */
INLINE vec select_vec(ivec mask, vec yes, vec no) {
  return (vec)(((ivec)yes & mask) | ((ivec)no & ~mask));
}
INLINE vec max_vec(vec a, vec b) { return select_vec(a > b, a, b); }
INLINE vec min_vec(vec a, vec b) { return select_vec(a < b, a, b); }

INLINE float sum_vec(vec x) {
  float s = 0;
  for (int i = 0; i < VL; i++) s += x[i];
  return s;
}
INLINE float largest_in(vec x) {
  float m = x[0];
  for (int i = 1; i < VL; i++) m = x[i] > m ? x[i] : m;
  return m;
}

/* e^x to about 2 units in the last place (Cephes' polynomial); below -87.3 it is 0, above 88.4 it saturates; NaN stays NaN. */
INLINE vec exp_vec(vec x) {
  const vec clamped = min_vec(max_vec(x, splat(-87.33654f)), splat(88.37626f));
  const vec magic = splat(12582912.0f);
  const vec shifted = fma_vec(clamped, splat(1.44269504088896341f), magic);
  const vec n = shifted - magic;
  vec r = fma_vec(n, splat(-0.693359375f), clamped);
  r = fma_vec(n, splat(2.12194440e-4f), r);
  vec p = splat(1.9875691500e-4f);
  p = fma_vec(p, r, splat(1.3981999507e-3f));
  p = fma_vec(p, r, splat(8.3334519073e-3f));
  p = fma_vec(p, r, splat(4.1665795894e-2f));
  p = fma_vec(p, r, splat(1.6666665459e-1f));
  p = fma_vec(p, r, splat(5.0000001201e-1f));
  p = fma_vec(p, r * r, r) + splat(1.0f);
  const ivec exponent = ((ivec)shifted - (ivec)magic + 127) << 23;
  const vec y = p * (vec)exponent;
  const vec flushed = select_vec(x < splat(-87.33654f), splat(0.0f), y);
  return select_vec(x == x, flushed, x);
}
INLINE float exp_one(float x) { return exp_vec(splat(x))[0]; }

/* Natural logarithm of a positive, normal float (Cephes' polynomial); infinity and NaN stay. */
static float log_one(float x) {
  if (!(x <= 3.402823466e38f)) return x;
  union { float f; uint32_t u; } bits = {x};
  int exponent = (int)(bits.u >> 23) - 126;
  bits.u = (bits.u & 0x7fffffu) | 0x3f000000u;
  float m = bits.f;
  if (m < 0.707106781186547524f) {
    m += m - 1.0f;
    exponent -= 1;
  } else {
    m -= 1.0f;
  }
  const float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float y = p * m * z;
  y += (float)exponent * -2.12194440e-4f;
  y -= 0.5f * z;
  return m + y + (float)exponent * 0.693359375f;
}

INLINE int min_int(int a, int b) { return a < b ? a : b; }
INLINE int max_int(int a, int b) { return a > b ? a : b; }
INLINE long round_up(long n, long step) { return (n + step - 1) / step * step; }

static void zero_floats(float *p, long n) {
  long i = 0;
  for (; i + VL <= n; i += VL) store(p + i, splat(0));
  for (; i < n; i++) p[i] = 0;
}
static void copy_floats(float *to, const float *from, long n) {
  long i = 0;
  for (; i + VL <= n; i += VL) store(to + i, load(from + i));
  for (; i < n; i++) to[i] = from[i];
}
