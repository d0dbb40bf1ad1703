// mappings.c - the program's calls that change its mappings, done as they stand, and told to the device.
//
// Owns: the names. Does not: know what follows from a change (CPlatform/mapping_watch.c says whom to tell), or see calls
// that the C library makes of its own (free, realloc, the stacks of threads) and calls by syscall(2): the kernel may tell of those
// (CPlatform/mapping_events.c).
// Counterpart: mmap(2), munmap(2), mremap(2), madvise(2), shmat(2), shmdt(2).
// Locking: the watcher's, around the call and what is told of it. A racing first call stores the same pointer twice.
#define _GNU_SOURCE
#include "CInterpose.h"
#include "CPlatform.h"
#include "next_function.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/shm.h>

typedef void *(*mmap_function)(void *, size_t, int, int, int, off_t);
typedef int (*munmap_function)(void *, size_t);
typedef void *(*mremap_function)(void *, size_t, size_t, int, ...);
typedef int (*madvise_function)(void *, size_t, int);
typedef int (*shmdt_function)(const void *);
typedef void *(*shmat_function)(int, const void *, int);

static uint64_t number(void *address) { return (uint64_t)(uintptr_t)address; }

EXPORTED void *mmap(void *address, size_t byte_count, int protection, int flags, int descriptor, off_t offset) {
    static next_function real;
    mmap_function next = (mmap_function)find_next(&real, "mmap");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count, protection, flags, descriptor, offset);
    void *result = next(address, byte_count, protection, flags, descriptor, offset);
    if (result != MAP_FAILED) watch->unmapped(number(result), byte_count);
    verbena_mapping_watch_end(watch);
    return result;
}

/// Where off_t has 64 bits it is the same call.
EXPORTED void *mmap64(void *address, size_t byte_count, int protection, int flags, int descriptor, off_t offset)
    __attribute__((alias("mmap")));

EXPORTED int munmap(void *address, size_t byte_count) {
    static next_function real;
    munmap_function next = (munmap_function)find_next(&real, "munmap");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count);
    int result = next(address, byte_count);
    if (result == 0) watch->unmapped(number(address), byte_count);
    verbena_mapping_watch_end(watch);
    return result;
}

EXPORTED void *mremap(void *address, size_t old_byte_count, size_t byte_count, int flags, ...) {
    static next_function real;
    mremap_function next = (mremap_function)find_next(&real, "mremap");
    va_list rest;
    va_start(rest, flags);
    void *wanted = flags & MREMAP_FIXED ? va_arg(rest, void *) : NULL;
    va_end(rest);
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, old_byte_count, byte_count, flags, wanted);
    watch->let_go(number(address), old_byte_count);
    void *result = next(address, old_byte_count, byte_count, flags, wanted);
    // Several areas, where the program mapped one.
    bool joined = result == MAP_FAILED && errno == EFAULT && watch->join(number(address), old_byte_count);
    if (joined) result = next(address, old_byte_count, byte_count, flags, wanted);
    if (result != MAP_FAILED)
        watch->moved(number(address), old_byte_count, number(result), byte_count, (flags & MREMAP_DONTUNMAP) != 0);
    uint64_t place = number(result == MAP_FAILED ? address : result), place_bytes = result == MAP_FAILED ? old_byte_count : byte_count;
    if (joined) watch->part(place, place_bytes);
    watch->watch_again(place, place_bytes);
    verbena_mapping_watch_end(watch);
    return result;
}

/// Which memory children get.
static int advise_fork(madvise_function next, void *address, size_t byte_count, int advice) {
    if (advice == MADV_DONTFORK) verbena_fork_advice_given();
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count, advice);
    int result = advice == MADV_DOFORK ? watch->allow(number(address), byte_count) : 1;
    if (result < 0) errno = -result;
    result = result > 0 ? next(address, byte_count, advice) : result < 0 ? -1 : 0;
    // Before a hole the kernel does what it is asked, and then complains.
    if (advice == MADV_DONTFORK) watch->forbade(number(address), byte_count);
    verbena_mapping_watch_end(watch);
    return result;
}

/// Pages that are locked for registrations alone are dropped as if they were not locked.
static int drop(madvise_function next, void *address, size_t byte_count, int advice) {
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count, advice);
    int result = next(address, byte_count, advice);
    if (result == 0) {
        watch->dropped(number(address), byte_count);
    } else if (advice == MADV_DONTNEED && errno == EINVAL) {
        errno = -watch->drop(number(address), byte_count);
        result = errno == 0 ? 0 : -1;
    }
    verbena_mapping_watch_end(watch);
    return result;
}

EXPORTED int madvise(void *address, size_t byte_count, int advice) {
    static next_function real;
    madvise_function next = (madvise_function)find_next(&real, "madvise");
    if (advice == MADV_DONTFORK || advice == MADV_DOFORK) return advise_fork(next, address, byte_count, advice);
    bool drops = advice == MADV_DONTNEED || advice == MADV_FREE || advice == MADV_REMOVE;
    return drops ? drop(next, address, byte_count, advice) : next(address, byte_count, advice);
}

/// From an address that is not mapped to the next that is.
static uint64_t hole_bytes(uint64_t address) {
    uint64_t start, end;
    if (verbena_mapping_after(address, &start, &end) != 0) start = UINT64_C(1) << 63;
    return start > address ? start - address : 0;
}

/// The kernel knows how long the segment was; from here on nothing is mapped now.
EXPORTED int shmdt(const void *address) {
    static next_function real;
    shmdt_function next = (shmdt_function)find_next(&real, "shmdt");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address);
    int result = next(address);
    uint64_t start = (uint64_t)(uintptr_t)address, byte_count = result == 0 ? hole_bytes(start) : 0;
    if (byte_count > 0) watch->unmapped(start, byte_count);
    verbena_mapping_watch_end(watch);
    return result;
}

/// Over whatever was mapped there, if the program wants it.
EXPORTED void *shmat(int segment, const void *address, int flags) {
    static next_function real;
    shmat_function next = (shmat_function)find_next(&real, "shmat");
    struct shmid_ds facts;
    const struct verbena_mapping_watch *watch = flags & SHM_REMAP ? verbena_mapping_watch_begin() : NULL;
    if (watch == NULL) return next(segment, address, flags);
    void *result = next(segment, address, flags);
    if (result != (void *)-1 && shmctl(segment, IPC_STAT, &facts) == 0) watch->unmapped(number(result), facts.shm_segsz);
    verbena_mapping_watch_end(watch);
    return result;
}

/// Only where the program's calls come by here: not where this library was loaded later than what makes them.
__attribute__((constructor)) static void hear_advice(void) {
    if (dlsym(RTLD_DEFAULT, "madvise") == (void *)madvise) verbena_fork_advice_is_heard();
}
