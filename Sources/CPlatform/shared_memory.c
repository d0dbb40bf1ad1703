// shared_memory.c - sealed memory files. Counterpart: memfd_create(2), fcntl(2).
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static const int size_seals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

int verbena_memory_file_create(const char *name, size_t byte_count) {
    int saved = errno;
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    // Kernels before 6.3 do not know the flag.
    if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return (int)verbena_keep_errno(saved, descriptor);
    if (ftruncate(descriptor, (off_t)byte_count) == 0 && fcntl(descriptor, F_ADD_SEALS, size_seals) == 0) {
        errno = saved;
        return descriptor;
    }
    int number = errno;
    close(descriptor);
    errno = saved;
    return -number;
}

bool verbena_memory_file_is_sealed(int descriptor, size_t byte_count) {
    int saved = errno;
    struct stat status;
    int seals = fcntl(descriptor, F_GET_SEALS);
    // A file of huge pages can be sealed too, but reading it ends in SIGBUS when there is no huge page left.
    struct statfs system;
    bool sealed = seals >= 0 && fstatfs(descriptor, &system) == 0 && system.f_type == TMPFS_MAGIC && (seals & size_seals) == size_seals && fstat(descriptor, &status) == 0
        && (uint64_t)status.st_size == byte_count;
    errno = saved;
    return sealed;
}
