// memory_lock.c - locks pages in memory, by the kernel's calls and not by the C library's, which the preload answers.
//
// Owns: nothing. Counterpart: mlock(2), munlock(2), msync(2), madvise(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int verbena_memory_lock(uint64_t address, uint64_t byte_count) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, syscall(SYS_mlock, address, byte_count));
}

int verbena_memory_unlock(uint64_t address, uint64_t byte_count) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, syscall(SYS_munlock, address, byte_count));
}

/// EBUSY is this call's word for a lock in the range; without one it does nothing.
int verbena_memory_is_locked(uint64_t address, uint64_t byte_count) {
    int saved = errno;
    long result = verbena_keep_errno(saved, syscall(SYS_msync, address, byte_count, MS_ASYNC | MS_INVALIDATE));
    return result == -EBUSY ? 1 : (int)result;
}

int verbena_memory_drop(uint64_t address, uint64_t byte_count, bool though_locked) {
    enum { DONTNEED_LOCKED = 24 };
    int saved = errno;
    long advice = though_locked ? DONTNEED_LOCKED : MADV_DONTNEED;
    return (int)verbena_keep_errno(saved, syscall(SYS_madvise, address, byte_count, advice));
}
