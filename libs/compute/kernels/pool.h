/*
 * A pool of worker threads for one caller at a time. `parallel` hands out tasks by an atomic counter; the caller works
 * too and waits only for workers that have joined, so a worker that sleeps or was preempted before joining costs
 * nothing. Waiting spins for some microseconds, then sleeps (futex, Atomics.wait).
 */
#pragma once
#include "vector.h"

enum { MAX_THREADS = 64, SPINS = 4000 };

typedef void (*task_fn)(const void *job, int task, int thread);

#define OPEN_BIT 256u
#define GENERATION(ticket) ((ticket) >> 9)

/* ticket: bits 0-7 workers inside, bit 8 open for joining, bits 9-31 generation of the job. */
static struct {
  uint32_t ticket, wake, sleepers, caller_sleeps, limit, quit;
  int32_t next, tasks;
  task_fn fn;
  const void *job;
} pool = {.limit = 1};

#define ATOMIC_LOAD(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define ATOMIC_STORE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_SEQ_CST)
#define ATOMIC_ADD(x, v) __atomic_fetch_add(&(x), (v), __ATOMIC_SEQ_CST)

#if defined(__wasm__)
static void relax(void) {}
static void sleep_while(uint32_t *word, uint32_t value) { __builtin_wasm_memory_atomic_wait32((int *)word, (int)value, -1); }
static void wake_all(uint32_t *word) { __builtin_wasm_memory_atomic_notify((int *)word, 0xffffffffu); }
#elif defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <limits.h>
static void sleep_while(uint32_t *word, uint32_t value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }
static void wake_all(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }
#else
#include <pthread.h>
static pthread_mutex_t sleep_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sleep_condition = PTHREAD_COND_INITIALIZER;
static void sleep_while(uint32_t *word, uint32_t value) {
  pthread_mutex_lock(&sleep_mutex);
  while (ATOMIC_LOAD(*word) == value) pthread_cond_wait(&sleep_condition, &sleep_mutex);
  pthread_mutex_unlock(&sleep_mutex);
}
static void wake_all(uint32_t *word) {
  (void)word;
  pthread_mutex_lock(&sleep_mutex);
  pthread_cond_broadcast(&sleep_condition);
  pthread_mutex_unlock(&sleep_mutex);
}
#endif
#if defined(__x86_64__)
static void relax(void) { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
static void relax(void) { __asm__ volatile("yield"); }
#endif

static void run_tasks(int thread) {
  for (int task; (task = ATOMIC_ADD(pool.next, 1)) < pool.tasks;) pool.fn(pool.job, task, thread);
}

/* Body of worker number `thread` (1-based; 0 is the caller). Returns when the pool quits. */
static void pool_worker(int thread) {
  uint32_t served = 0;
  while (!ATOMIC_LOAD(pool.quit)) {
    const uint32_t woken = ATOMIC_LOAD(pool.wake);
    uint32_t ticket = ATOMIC_LOAD(pool.ticket);
    int spins = 0;
    while ((!(ticket & OPEN_BIT) || GENERATION(ticket) == served) && spins++ < SPINS) {
      relax();
      ticket = ATOMIC_LOAD(pool.ticket);
    }
    if (!(ticket & OPEN_BIT) || GENERATION(ticket) == served || (uint32_t)thread >= ATOMIC_LOAD(pool.limit)) {
      ATOMIC_ADD(pool.sleepers, 1);
      sleep_while(&pool.wake, woken);
      ATOMIC_ADD(pool.sleepers, -1);
      continue;
    }
    if (!__atomic_compare_exchange_n(&pool.ticket, &ticket, ticket + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    served = GENERATION(ticket);
    run_tasks(thread);
    const uint32_t before = ATOMIC_ADD(pool.ticket, -1);
    if (!(before & OPEN_BIT) && (before & 255u) == 1 && ATOMIC_LOAD(pool.caller_sleeps)) wake_all(&pool.ticket);
  }
}

static void wait_for_workers(void) {
  int spins = 0;
  for (;;) {
    const uint32_t ticket = ATOMIC_LOAD(pool.ticket);
    if (!(ticket & 255u)) return;
    if (spins++ < SPINS) {
      relax();
      continue;
    }
    ATOMIC_STORE(pool.caller_sleeps, 1);
    if (ATOMIC_LOAD(pool.ticket) & 255u) sleep_while(&pool.ticket, ticket);
    ATOMIC_STORE(pool.caller_sleeps, 0);
  }
}

/* Calls fn(job, task, thread) once for each task in [0, tasks); which thread takes which task must not matter. */
static void parallel(int tasks, task_fn fn, const void *job) {
  if (tasks <= 1 || ATOMIC_LOAD(pool.limit) <= 1) {
    for (int task = 0; task < tasks; task++) fn(job, task, 0);
    return;
  }
  pool.fn = fn;
  pool.job = job;
  pool.tasks = tasks;
  ATOMIC_STORE(pool.next, 0);
  uint32_t generation = GENERATION(ATOMIC_LOAD(pool.ticket)) + 1;
  if ((generation << 9) == 0) generation = 1;
  ATOMIC_STORE(pool.ticket, generation << 9 | OPEN_BIT);
  ATOMIC_ADD(pool.wake, 1);
  if (ATOMIC_LOAD(pool.sleepers)) wake_all(&pool.wake);
  run_tasks(0);
  __atomic_fetch_and(&pool.ticket, ~OPEN_BIT, __ATOMIC_SEQ_CST);
  wait_for_workers();
}

/* Tasks of at least `grain` rows each: few enough to be cheap, many enough to balance. */
INLINE int blocks_of(long rows, long grain) { return (int)((rows + grain - 1) / grain); }
