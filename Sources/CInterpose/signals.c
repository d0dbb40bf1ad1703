// signals.c - a program's fault handlers stand behind ours.
//
// Owns: the names, and that signals which are not faults go straight to the C library.
// Does not: know what is done for a fault (guard_handlers.c of CPlatform).
// Counterpart: sigaction(2), signal(2). Locking: none; a racing first call stores the same pointer twice.
#define _GNU_SOURCE
#include "CInterpose.h"
#include "CPlatform.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

typedef void (*handler_function)(int);
typedef handler_function (*signal_function)(int, handler_function);

__attribute__((visibility("default"))) int sigaction(
    int signal_number, const struct sigaction *restrict action, struct sigaction *restrict old_action) {
    return verbena_guard_sigaction(signal_number, action, old_action);
}

static signal_function real_signal(void) {
    static _Atomic(signal_function) found;
    signal_function real = atomic_load_explicit(&found, memory_order_relaxed);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "signal");
        atomic_store_explicit(&found, real, memory_order_relaxed);
    }
    return real;
}

/// The real one knows what siginterrupt(3) asked for.
__attribute__((visibility("default"))) handler_function signal(int signal_number, handler_function handler) {
    if (signal_number == SIGSEGV || signal_number == SIGBUS) return verbena_guard_signal(signal_number, handler);
    return real_signal()(signal_number, handler);
}
