// runtime_once.c - what the Swift runtime does once, in a process that was forked too.
//
// The runtime's own way is a priority-inheriting futex, which names its holder by a thread number; that number it asks for once
// and keeps, so that after a fork the child's thread goes by its parent's. When two threads of the child then meet at one of
// these locks, the kernel knows no such holder, or takes it for the parent, and both stand still.
// Owns: that function (the linker sends the runtime's calls here: Package.swift, --wrap). Counterpart: pthread_once(3).
// Locking: a word that is free, held, or held and waited for. The fork gate is closed meanwhile.
#define _GNU_SOURCE
#include "fork_gate.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/// As the runtime lays it out; its callers look at `done` first, and take what is negative for done.
struct once {
    _Atomic int32_t done;
    _Atomic uint32_t lock;
};

enum { FREE, HELD, WAITED_FOR };

static void futex(_Atomic uint32_t *word, int operation, uint32_t value) {
    int saved = errno;
    syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
    errno = saved;
}

static void acquire(_Atomic uint32_t *lock) {
    uint32_t seen = FREE;
    if (atomic_compare_exchange_strong(lock, &seen, HELD)) return;
    while (atomic_exchange(lock, WAITED_FOR) != FREE) futex(lock, FUTEX_WAIT_PRIVATE, WAITED_FOR);
}

static void release(_Atomic uint32_t *lock) {
    if (atomic_exchange(lock, FREE) == WAITED_FOR) futex(lock, FUTEX_WAKE_PRIVATE, INT_MAX);
}

/// swift::threading_impl::once_slow(once_t &, void (*)(void *), void *).
void __wrap__ZN5swift14threading_impl9once_slowERNS0_6once_tEPFvPvES3_(struct once *once, void (*body)(void *), void *context) {
    fork_gate_enter();
    acquire(&once->lock);
    if (atomic_load(&once->done) == 0) {
        body(context);
        atomic_store(&once->done, -1);
    }
    release(&once->lock);
    fork_gate_leave();
}
