// next_function.h - the function that would have been called without this library.
//
// Locking: none; a racing first call stores the same pointer twice. Counterpart: dlsym(3), RTLD_NEXT.
#ifndef VERBENA_NEXT_FUNCTION_H
#define VERBENA_NEXT_FUNCTION_H

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))

typedef _Atomic(void *) next_function;

static inline void *find_next(next_function *known, const char *name) {
    void *found = atomic_load_explicit(known, memory_order_relaxed);
    if (found == NULL) {
        found = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(known, found, memory_order_relaxed);
    }
    return found;
}

#endif
