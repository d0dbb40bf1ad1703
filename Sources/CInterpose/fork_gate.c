// fork_gate.c - no fork while another thread is inside a lock of the Swift runtime.
//
// A forked child has one thread. A lock that another thread of its parent held stays locked in it for ever, and the runtime
// takes locks wherever a generic type is used for the first time: a child that opens the device would stand still.
// Owns: the way of this library, the runtime in it included, to mutexes (the linker sends the calls here: Package.swift,
// --wrap), and the handlers around fork. Does not: concern the program's own mutexes, or a clone(2) made without the C library.
// Counterpart: pthread_atfork(3).
// Locking: a thread counts itself in before its first lock and out after its last; a fork shows itself, then waits until
// nobody is counted. Both waits are bounded: where the program's own fork handlers hold up a thread, the fork goes on.
#define _GNU_SOURCE
#include "fork_gate.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);

/// How long a fork and a lock wait for each other.
enum { PATIENCE_MILLISECONDS = 1000, NAP_MICROSECONDS = 20 };

static _Atomic uint32_t threads_inside;
static _Atomic uint32_t pending_forks;
static _Thread_local unsigned int depth;

/// False when it took too long.
static bool wait_for_forks(uint32_t seen) {
    int saved = errno;
    const struct timespec patience = {.tv_sec = PATIENCE_MILLISECONDS / 1000};
    bool timed_out = syscall(SYS_futex, &pending_forks, FUTEX_WAIT_PRIVATE, seen, &patience, NULL, 0) != 0 && errno == ETIMEDOUT;
    errno = saved;
    return !timed_out;
}

static void count_in(void) {
    for (;;) {
        atomic_fetch_add(&threads_inside, 1);
        uint32_t seen = atomic_load(&pending_forks);
        if (seen == 0) return;
        atomic_fetch_sub(&threads_inside, 1);
        if (!wait_for_forks(seen)) break;
    }
    atomic_fetch_add(&threads_inside, 1);
}

void fork_gate_enter(void) {
    if (depth++ == 0) count_in();
}

void fork_gate_leave(void) {
    if (--depth == 0) atomic_fetch_sub(&threads_inside, 1);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
    fork_gate_enter();
    return __real_pthread_mutex_lock(mutex);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    int number = __real_pthread_mutex_unlock(mutex);
    fork_gate_leave();
    return number;
}

/// Who waits for a condition does not hold the mutex, and no fork waits for him. He comes back without asking: what he
/// holds then is the mutex of one object of the program's, which means nothing to a child.
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    unsigned int before = depth;
    depth = 0;
    atomic_fetch_sub(&threads_inside, 1);
    int number = __real_pthread_cond_wait(condition, mutex);
    atomic_fetch_add(&threads_inside, 1);
    depth = before;
    return number;
}

static uint32_t own_count(void) { return depth > 0; }

static uint64_t milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void before_fork(void) {
    int saved = errno;
    atomic_fetch_add(&pending_forks, 1);
    uint64_t end = milliseconds_now() + PATIENCE_MILLISECONDS;
    const struct timespec nap = {.tv_nsec = NAP_MICROSECONDS * 1000};
    while (atomic_load(&threads_inside) > own_count() && milliseconds_now() < end) nanosleep(&nap, NULL);
    errno = saved;
}

static void in_parent(void) {
    int saved = errno;
    if (atomic_fetch_sub(&pending_forks, 1) == 1)
        syscall(SYS_futex, &pending_forks, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
    errno = saved;
}

static void in_child(void) {
    atomic_store(&pending_forks, 0);
    atomic_store(&threads_inside, own_count());
}

/// Without handlers (there is no memory for them) forks are as dangerous as in any program with threads.
__attribute__((constructor)) static void watch_forks(void) { pthread_atfork(before_fork, in_parent, in_child); }
