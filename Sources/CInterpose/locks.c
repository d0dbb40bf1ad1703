// locks.c - the program's own locks of memory, beside those of its registrations.
//
// Owns: the names. Does not: know what is locked for whom (Verbs/LockedPages).
// Counterpart: mlock(2). Locking: the watcher's, around the call and what is told of it.
#define _GNU_SOURCE
#include "CInterpose.h"
#include "CPlatform.h"
#include "next_function.h"

#include <errno.h>
#include <sys/mman.h>

typedef int (*range_function)(const void *, size_t);
typedef int (*flagged_range_function)(const void *, size_t, unsigned int);
typedef int (*flags_function)(int);
typedef int (*plain_function)(void);

static uint64_t number(const void *address) { return (uint64_t)(uintptr_t)address; }

static int lock_told(const struct verbena_mapping_watch *watch, int result, const void *address, size_t byte_count) {
    if (result == 0) watch->locked(number(address), byte_count);
    verbena_mapping_watch_end(watch);
    return result;
}

EXPORTED int mlock(const void *address, size_t byte_count) {
    static next_function real;
    range_function next = (range_function)find_next(&real, "mlock");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count);
    return lock_told(watch, next(address, byte_count), address, byte_count);
}

EXPORTED int mlock2(const void *address, size_t byte_count, unsigned int flags) {
    static next_function real;
    flagged_range_function next = (flagged_range_function)find_next(&real, "mlock2");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count, flags);
    return lock_told(watch, next(address, byte_count, flags), address, byte_count);
}

EXPORTED int munlock(const void *address, size_t byte_count) {
    static next_function real;
    range_function next = (range_function)find_next(&real, "munlock");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(address, byte_count);
    int error = watch->unlock(number(address), byte_count);
    int result = error > 0 ? next(address, byte_count) : 0;
    verbena_mapping_watch_end(watch);
    if (error >= 0) return result;
    errno = -error;
    return -1;
}

EXPORTED int mlockall(int flags) {
    static next_function real;
    flags_function next = (flags_function)find_next(&real, "mlockall");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next(flags);
    int result = next(flags);
    if (result == 0 && flags & MCL_CURRENT) watch->locked_all();
    verbena_mapping_watch_end(watch);
    return result;
}

EXPORTED int munlockall(void) {
    static next_function real;
    plain_function next = (plain_function)find_next(&real, "munlockall");
    const struct verbena_mapping_watch *watch = verbena_mapping_watch_begin();
    if (watch == NULL) return next();
    int result = next();
    if (result == 0) watch->unlocked_all();
    verbena_mapping_watch_end(watch);
    return result;
}
