// mapping_watch.c - tells the device of the program's calls that change its mappings and its locks.
//
// Owns: who is told, and that a thread's calls are not told of while it is telling: an allocator in the program's hands may
// map memory for us. Does not: see what the C library or the program asks of the kernel without these names.
// Locking: none; the table is set once, before the first call can be of interest.
#include "CPlatform.h"

#include <stdatomic.h>

static struct verbena_mapping_watch table;
static _Atomic(const struct verbena_mapping_watch *) current;
static _Thread_local bool is_paused;

void verbena_watch_mappings(const struct verbena_mapping_watch *watch) {
    if (atomic_load(&current) != NULL) return;
    table = *watch;
    atomic_store(&current, &table);
}

bool verbena_mapping_watch_pause(void) {
    bool before = is_paused;
    is_paused = true;
    return before;
}

void verbena_mapping_watch_resume(bool paused) { is_paused = paused; }

const struct verbena_mapping_watch *verbena_mapping_watch_begin(void) {
    const struct verbena_mapping_watch *watch = atomic_load_explicit(&current, memory_order_acquire);
    if (watch == NULL || is_paused) return NULL;
    is_paused = true;
    if (watch->begin()) return watch;
    is_paused = false;
    return NULL;
}

void verbena_mapping_watch_end(const struct verbena_mapping_watch *watch) {
    watch->end();
    is_paused = false;
}
