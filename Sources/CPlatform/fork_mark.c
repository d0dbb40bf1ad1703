// fork_mark.c - whether this process shares frames copy-on-write with a process that it was forked from, or forked.
//
// Owns: handlers around fork, from before the program begins. Does not: see a clone(2) made without the C library.
// Counterpart: pthread_atfork(3). Locking: none; words are atomic.
#include "CPlatform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static _Atomic uint32_t forked;
static _Atomic(_Atomic uint32_t *) mark;
static pid_t loaded_by;

/// Before the fork: whoever looks afterwards knows of it.
static void before_fork(void) {
    atomic_store(&forked, 1);
    _Atomic uint32_t *word = atomic_load(&mark);
    if (word != NULL) atomic_store(word, 1);
}

/// The word is the parent's, and the child may not have its page.
static void in_child(void) { atomic_store(&mark, NULL); }

__attribute__((constructor)) static void watch_forks(void) {
    loaded_by = getpid();
    // Without handlers every process counts as forked: slower, and right.
    if (pthread_atfork(before_fork, NULL, in_child) != 0) atomic_store(&forked, 1);
}

void verbena_mark_forks(uint32_t *word) {
    _Atomic uint32_t *shown = (_Atomic uint32_t *)word;
    atomic_store(&mark, shown);
    if (atomic_load(&forked) || getpid() != loaded_by) atomic_store(shown, 1);
}
