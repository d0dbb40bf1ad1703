// mapping.c - memory mappings and what a forked child sees of them. Counterpart: mmap(2), madvise(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int map(size_t byte_count, int protection, int flags, int descriptor, void **base) {
    int saved = errno;
    void *address = mmap(NULL, byte_count, protection, flags, descriptor, 0);
    if (address == MAP_FAILED) return (int)verbena_keep_errno(saved, -1);
    *base = address;
    return 0;
}

int verbena_map_shared(int descriptor, size_t byte_count, bool writable, void **base) {
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    return map(byte_count, protection, MAP_SHARED | MAP_NORESERVE, descriptor, base);
}

int verbena_map_private(size_t byte_count, void **base) {
    return map(byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, base);
}

int verbena_unmap(void *base, size_t byte_count) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, munmap(base, byte_count));
}

int verbena_keep_from_children(void *base, size_t byte_count) {
    int saved = errno;
    // Not by the name that the preload answers to: this is not the program's advice.
    return (int)verbena_keep_errno(saved, syscall(SYS_madvise, base, byte_count, MADV_DONTFORK));
}

int verbena_wipe_in_children(void *base, size_t byte_count) {
    int saved = errno;
    return (int)verbena_keep_errno(saved, madvise(base, byte_count, MADV_WIPEONFORK));
}

void verbena_prefer_large_pages(void *base, size_t byte_count) {
    int saved = errno;
    madvise(base, byte_count, MADV_HUGEPAGE);
    errno = saved;
}

int verbena_bring_pages(uint64_t address, uint64_t byte_count, bool for_writing) {
    enum { POPULATE_READ = 22, POPULATE_WRITE = 23 };
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = address & ~(page - 1);
    int saved = errno, result;
    // A range of any length: only the start has to be a page's.
    do result = madvise((void *)(uintptr_t)first, byte_count + (address - first), for_writing ? POPULATE_WRITE : POPULATE_READ);
    while (result != 0 && errno == EINTR);
    return (int)verbena_keep_errno(saved, result);
}
