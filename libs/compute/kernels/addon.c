/* The native build as a Node addon (N-API): chooses the widest instruction set of this processor and hands calls over. */
#define _GNU_SOURCE
#include <node_api.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define DECLARE(build)                                  \
  void coa_run_##build(int operation, double *a);       \
  const char *coa_operation_##build(int i);             \
  void coa_worker_##build(int thread);
#if defined(__x86_64__)
DECLARE(avx512)
DECLARE(avx2)
#endif
DECLARE(base)

typedef struct {
  const char *name;
  void (*run)(int, double *);
  const char *(*operation)(int);
  void (*worker)(int);
} build;
#define BUILD(name) {#name, coa_run_##name, coa_operation_##name, coa_worker_##name}

static const build builds[] = {
#if defined(__x86_64__)
  BUILD(avx512), BUILD(avx2),
#endif
  BUILD(base),
};

static int supported(const char *name) {
#if defined(__x86_64__)
  if (!strcmp(name, "avx512"))
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!strcmp(name, "avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return 1;
}

/* Set once; the threads of the process share one pool. */
static const build *chosen;
static int workers;
static pthread_mutex_t one_caller = PTHREAD_MUTEX_INITIALIZER;

static napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}
static int number_at(napi_env env, napi_callback_info info, size_t wanted, double *out) {
  napi_value values[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  if (count < wanted) return 0;
  for (size_t i = 0; i < wanted; i++) if (napi_get_value_double(env, values[i], out + i) != napi_ok) return 0;
  return 1;
}

/* choose(limit): the widest build that this processor runs, not wider than the named one ("" = any). Returns its name. */
static napi_value choose(napi_env env, napi_callback_info info) {
  napi_value value, result;
  size_t count = 1, length;
  char limit[16] = "";
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  if (count < 1 || napi_get_value_string_utf8(env, value, limit, sizeof limit, &length) != napi_ok) return fail(env, "choose(limit) takes a string");
  pthread_mutex_lock(&one_caller);
  int reached = !*limit;
  for (size_t i = 0; !chosen && i < sizeof builds / sizeof *builds; i++) {
    reached = reached || !strcmp(limit, builds[i].name);
    if (reached && supported(builds[i].name)) chosen = &builds[i];
  }
  pthread_mutex_unlock(&one_caller);
  if (!chosen) return fail(env, "no build of the kernels has that name");
  napi_create_string_utf8(env, chosen->name, NAPI_AUTO_LENGTH, &result);
  return result;
}

static void *worker_main(void *thread) {
  chosen->worker((int)(intptr_t)thread);
  return NULL;
}
/* workers(n): at least n worker threads run from now on. Returns how many do. */
static napi_value start_workers(napi_env env, napi_callback_info info) {
  double wanted;
  napi_value result;
  if (!number_at(env, info, 1, &wanted)) return fail(env, "workers(n) takes a number");
  pthread_mutex_lock(&one_caller);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  for (pthread_t thread; workers < (int)wanted; workers++)
    if (pthread_create(&thread, &detached, worker_main, (void *)(intptr_t)(workers + 1))) break;
  pthread_attr_destroy(&detached);
  pthread_mutex_unlock(&one_caller);
  napi_create_int32(env, workers, &result);
  return result;
}

/* run(operation, address of the arguments) */
static napi_value run(napi_env env, napi_callback_info info) {
  double a[2];
  if (!number_at(env, info, 2, a)) return fail(env, "run(operation, address) takes two numbers");
  pthread_mutex_lock(&one_caller);
  chosen->run((int)a[0], (double *)(uintptr_t)a[1]);
  pthread_mutex_unlock(&one_caller);
  return NULL;
}

/* operation(i): its name, or undefined past the last. */
static napi_value operation(napi_env env, napi_callback_info info) {
  double i;
  napi_value result;
  if (!number_at(env, info, 1, &i)) return fail(env, "operation(i) takes a number");
  const char *name = chosen->operation((int)i);
  if (!name) return NULL;
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result);
  return result;
}

static void free_slab(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}
/* slab(bytes): { buffer, address } of memory that kernels can reach, in huge pages where the system gives them. */
static napi_value slab(napi_env env, napi_callback_info info) {
  double bytes;
  void *data = NULL;
  napi_value buffer, address, result;
  if (!number_at(env, info, 1, &bytes)) return fail(env, "slab(bytes) takes a number");
  if (posix_memalign(&data, 2 << 20, (size_t)bytes)) return fail(env, "the system has no memory left");
#if defined(__linux__)
  madvise(data, (size_t)bytes, MADV_HUGEPAGE);
#endif
  if (napi_create_external_arraybuffer(env, data, (size_t)bytes, free_slab, NULL, &buffer) != napi_ok) {
    free(data);
    return fail(env, "this runtime allows no external ArrayBuffers");
  }
  napi_create_double(env, (double)(uintptr_t)data, &address);
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "buffer", buffer);
  napi_set_named_property(env, result, "address", address);
  return result;
}

static void define(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value);
  napi_set_named_property(env, exports, name, value);
}

NAPI_MODULE_INIT() {
  napi_value source;
  define(env, exports, "choose", choose);
  define(env, exports, "workers", start_workers);
  define(env, exports, "run", run);
  define(env, exports, "operation", operation);
  define(env, exports, "slab", slab);
  napi_create_string_utf8(env, COA_SOURCE, NAPI_AUTO_LENGTH, &source);
  napi_set_named_property(env, exports, "source", source);
  return exports;
}
