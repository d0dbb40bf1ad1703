// dlopen.c - libibverbs and librdmacm, loaded by name, are this library.
//
// Owns: the choice by the last part of the name. Does not: look symbols up: a handle of this library finds what it
// defines first, and then what its dependencies, the real libraries, define.
// Counterpart: dlopen(3), dladdr(3). Locking: none; a racing first call stores the same pointer twice.
#define _GNU_SOURCE
#include "CInterpose.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef void *(*dlopen_function)(const char *, int);

static _Atomic(dlopen_function) verbena_real_dlopen;

static bool starts_with(const char *name, const char *start) {
    return strncmp(name, start, strlen(start)) == 0;
}

static bool is_replaced(const char *path) {
    if (path == NULL) return false;
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    return starts_with(name, "libibverbs.so") || starts_with(name, "librdmacm.so");
}

static dlopen_function real_dlopen(void) {
    dlopen_function real = atomic_load_explicit(&verbena_real_dlopen, memory_order_relaxed);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
        atomic_store_explicit(&verbena_real_dlopen, real, memory_order_relaxed);
    }
    return real;
}

/// The real dlopen looks at its caller's address to find the RUNPATH and the namespace: it is entered by a jump, so
/// that it sees the program's.
__attribute__((visibility("default"))) void *dlopen(const char *path, int mode) {
    dlopen_function real = real_dlopen();
    Dl_info ours;
    if (is_replaced(path) && dladdr(&verbena_real_dlopen, &ours) != 0) return real(ours.dli_fname, mode);
    __attribute__((musttail)) return real(path, mode);
}
